#include "cli/list.h"

#include <cstdio>

#include "cli/exit_status.h"
#include "cli/pipeline.h"
#include "lang/lang.h"
#include "print/printer.h"
#include "probes/probes.h"
#include "tapset/tapset.h"

namespace podtap::cli {
namespace {

// fnmatch on whole component names; `*` and `?`.
bool Matches(std::string_view pattern, std::string_view text) {
  size_t p = 0, t = 0, star = std::string_view::npos, mark = 0;
  while (t < text.size()) {
    if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      p++;
      t++;
    } else if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      mark = t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++mark;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') p++;
  return p == pattern.size();
}

bool MatchesAlias(const lang::ProbePoint& pattern, const std::vector<lang::Component>& alias) {
  if (pattern.components.size() != alias.size()) return false;
  for (size_t i = 0; i < alias.size(); i++) {
    if (!Matches(pattern.components[i].name, alias[i].name)) return false;
  }
  return true;
}

std::string NameOf(const std::vector<lang::Component>& alias) {
  std::string name;
  for (const lang::Component& component : alias) {
    name += (name.empty() ? "" : ".") + component.name;
  }
  return name;
}

// The variables that an alias sets, in order.
std::string VariablesOf(const lang::AliasDef& alias) {
  std::string text;
  if (!alias.body || alias.body->kind != lang::StmtKind::kBlock) return text;
  for (const lang::StmtPtr& stmt : lang::As<lang::Block>(*alias.body).statements) {
    if (!stmt || stmt->kind != lang::StmtKind::kExpr) continue;
    const lang::Expr& expr = *lang::As<lang::ExprStmt>(*stmt).value;
    if (expr.kind != lang::ExprKind::kAssign) continue;
    const lang::Expr& target = *lang::As<lang::Assign>(expr).target;
    if (target.kind != lang::ExprKind::kVariable) continue;
    text += " " + lang::As<lang::Variable>(target).name;
  }
  return text;
}

}  // namespace

int ListPoints(const RunOptions& options, kernel::Kernel& kernel) {
  source::SourceSet sources;
  source::Diagnostics diagnostics;
  lang::Environment environment;
  environment.kernel_release = kernel.release();
  const auto macros = lang::NewMacroTable();
  std::vector<std::unique_ptr<lang::File>> tapset;
  for (const tapset::Script& script : tapset::Scripts()) {
    const auto id = sources.Add(std::string(script.name), std::string(script.text), true);
    tapset.push_back(lang::Parse(sources, id, environment, *macros, diagnostics));
  }
  const auto id = sources.Add("<pattern>", "probe " + options.list_pattern + " { }");
  const auto file = lang::Parse(sources, id, environment, *macros, diagnostics);
  std::vector<std::string> lines;
  for (const auto& probe : file->probes) {
    for (const lang::ProbePoint& point : probe->points) {
      for (const auto& tap : tapset) {
        for (const auto& alias : tap->aliases) {
          for (const auto& name : alias->names) {
            if (!name.empty() && !name[0].name.starts_with("__") && MatchesAlias(point, name)) {
              lines.push_back(NameOf(name) + (options.list_vars ? VariablesOf(*alias) : ""));
            }
          }
        }
      }
      if (!lines.empty() || diagnostics.has_errors()) continue;
      if (probes::FindProvider(point.components.empty() ? "" : point.components[0].name) == nullptr) {
        continue;
      }
      const auto found = probes::ListPoints(point, kernel, options.list_vars, diagnostics);
      if (!found) {
        PrintError(found.error(), options.verbose);
        return StatusOf(found.error().kind);
      }
      lines.insert(lines.end(), found->begin(), found->end());
    }
  }
  std::fputs(source::Render(sources, diagnostics, false, !options.suppress_warnings).c_str(), stderr);
  for (const std::string& line : lines) std::printf("%s\n", print::EscapeControls(line).c_str());
  if (lines.empty() && !diagnostics.has_errors()) {
    std::fprintf(stderr, "podtap: no probe point matches '%s'\n",
                 print::EscapeControls(options.list_pattern).c_str());
  }
  return lines.empty() ? kScriptFailed : kOk;
}

}  // namespace podtap::cli
