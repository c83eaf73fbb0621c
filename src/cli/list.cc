#include "cli/list.h"

#include <cstdio>
#include <map>

#include "cli/exit_status.h"
#include "cli/pipeline.h"
#include "lang/lang.h"
#include "print/printer.h"
#include "probes/glob.h"
#include "probes/probes.h"
#include "tapset/tapset.h"

namespace podtap::cli {
namespace {

bool MatchesAlias(const lang::ProbePoint& pattern, const std::vector<lang::Component>& alias) {
  if (pattern.components.size() != alias.size()) return false;
  for (size_t i = 0; i < alias.size(); i++) {
    if (!probes::MatchesGlob(pattern.components[i].name, alias[i].name)) return false;
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

struct Tapset {
  source::SourceSet sources;
  std::shared_ptr<lang::MacroTable> macros = lang::NewMacroTable();
  std::vector<std::unique_ptr<lang::File>> files;
};

std::unique_ptr<Tapset> ParseTapset(const lang::Environment& environment,
                                    source::Diagnostics& diagnostics) {
  auto tapset = std::make_unique<Tapset>();
  for (const tapset::Script& script : tapset::Scripts()) {
    const auto id = tapset->sources.Add(std::string(script.name), std::string(script.text), true);
    tapset->files.push_back(
        lang::Parse(tapset->sources, id, environment, *tapset->macros, diagnostics));
  }
  return tapset;
}

// The variables of each alias with their types, as -L shows them: what the
// checker finds in an empty probe of it.
std::map<std::string, std::string> DescribeAliases(const std::vector<std::string>& names,
                                                   const lang::Environment& environment) {
  source::Diagnostics ignored;
  const auto tapset = ParseTapset(environment, ignored);
  std::string text;
  for (const std::string& name : names) text += "probe " + name + " { }\n";
  const auto id = tapset->sources.Add("<list>", std::move(text));
  auto file = lang::Parse(tapset->sources, id, environment, *tapset->macros, ignored);
  const lang::Script script =
      lang::Check(tapset->sources, std::move(file), std::move(tapset->files),
                  probes::ProviderRoots(), {}, ignored);
  std::map<std::string, std::string> described;
  for (const lang::Probe& probe : script.probes) {
    std::string& variables = described[probe.written];
    if (!variables.empty()) continue;  // another point of the same alias
    for (const lang::Local& local : probe.locals) {
      if (!local.written) continue;
      variables += " " + local.name + (local.type == lang::Type::kString ? ":string" : ":long");
    }
  }
  return described;
}

}  // namespace

int ListPoints(const RunOptions& options, kernel::Kernel& kernel) {
  source::Diagnostics diagnostics;
  lang::Environment environment;
  environment.kernel_release = kernel.release();
  const auto tapset = ParseTapset(environment, diagnostics);
  source::SourceSet& sources = tapset->sources;
  const auto id = sources.Add("<pattern>", "probe " + options.list_pattern + " { }");
  const auto file = lang::Parse(sources, id, environment, *tapset->macros, diagnostics);
  std::vector<std::string> lines;
  bool aliases = false;
  for (const auto& probe : file->probes) {
    for (const lang::ProbePoint& point : probe->points) {
      for (const auto& tap : tapset->files) {
        for (const auto& alias : tap->aliases) {
          for (const auto& name : alias->names) {
            if (!name.empty() && !name[0].name.starts_with("__") && MatchesAlias(point, name)) {
              lines.push_back(NameOf(name));
            }
          }
        }
      }
      aliases |= !lines.empty();
      if (aliases || diagnostics.has_errors()) continue;
      if (probes::FindProvider(point.components.empty() ? "" : point.components[0].name) ==
          nullptr) {
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
  if (options.list_vars && aliases) {
    const auto described = DescribeAliases(lines, environment);
    for (std::string& line : lines) {
      if (const auto it = described.find(line); it != described.end()) line += it->second;
    }
  }
  std::fputs(source::Render(sources, diagnostics, false, !options.suppress_warnings).c_str(),
             stderr);
  for (const std::string& line : lines) std::printf("%s\n", print::EscapeControls(line).c_str());
  if (lines.empty() && !diagnostics.has_errors()) {
    std::fprintf(stderr, "podtap: no probe point matches '%s'\n",
                 print::EscapeControls(options.list_pattern).c_str());
  }
  return lines.empty() ? kScriptFailed : kOk;
}

}  // namespace podtap::cli
