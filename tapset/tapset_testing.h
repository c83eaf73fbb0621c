// What the tests of the tapset share: the whole tapset parsed, as a run does it,
// and scripts made from what is found there.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lang/lang.h"
#include "source/diagnostic.h"
#include "source/source.h"
#include "tapset/select.h"
#include "tapset/tapset.h"

namespace podtap::tapset {

class Parsed {
 public:
  explicit Parsed(const std::string& release = "6.18.44", const std::string& arch = "x86_64") {
    environment_.kernel_release = release;
    environment_.arch = arch;
    for (const Script& script : Scripts()) Add(script.name, std::string(script.text));
  }
  // What Select() kept.
  Parsed(const std::vector<Selected>& selected, const std::string& release) {
    environment_.kernel_release = release;
    environment_.arch = "x86_64";
    for (const Selected& script : selected) Add(script.name, script.text);
  }

  // Parses and checks a user's script. Takes the files, so only once.
  lang::Script Check(const std::string& text, const std::vector<std::string>& roots) {
    const source::FileId id = sources.Add("user.stp", text);
    auto user = lang::Parse(sources, id, environment_, *macros_, diagnostics);
    return lang::Check(sources, std::move(user), std::move(files), roots, {}, diagnostics);
  }
  std::string Said() const { return source::Render(sources, diagnostics, false); }

  source::SourceSet sources;
  source::Diagnostics diagnostics;
  std::vector<std::unique_ptr<lang::File>> files;

 private:
  void Add(std::string_view name, std::string text) {
    const source::FileId id = sources.Add(std::string(name), std::move(text), true);
    files.push_back(lang::Parse(sources, id, environment_, *macros_, diagnostics));
  }

  lang::Environment environment_;
  std::shared_ptr<lang::MacroTable> macros_ = lang::NewMacroTable();
};

inline bool IsPublic(const std::string& name) { return !name.starts_with("__"); }

// For each public function (each overload) a statement that calls it with 1 and "a".
inline std::vector<std::string> Calls(const Parsed& parsed) {
  std::vector<std::string> calls;
  for (const auto& file : parsed.files) {
    for (const auto& function : file->functions) {
      if (!IsPublic(function->name)) continue;
      std::string call = function->name + "(";
      for (size_t i = 0; i < function->parameter_count; i++) {
        call += i == 0 ? "" : ", ";
        call += function->locals[i].type == lang::Type::kString ? "\"a\"" : "1";
      }
      call += ")";
      calls.push_back(function->result == lang::Type::kUnknown ? call : "println(" + call + ")");
    }
  }
  return calls;
}

struct Alias {
  std::string name;
  std::vector<std::string> variables;  // that its body sets
};
inline std::vector<Alias> Aliases(const Parsed& parsed) {
  std::vector<Alias> aliases;
  for (const auto& file : parsed.files) {
    for (const auto& definition : file->aliases) {
      Alias alias;
      for (const lang::Component& component : definition->names[0]) {
        alias.name += (alias.name.empty() ? "" : ".") + component.name;
      }
      for (const auto& stmt : lang::As<lang::Block>(*definition->body).statements) {
        if (stmt->kind != lang::StmtKind::kExpr) continue;
        const lang::Expr& expr = *lang::As<lang::ExprStmt>(*stmt).value;
        if (expr.kind != lang::ExprKind::kAssign) continue;
        const lang::Expr& target = *lang::As<lang::Assign>(expr).target;
        if (target.kind == lang::ExprKind::kVariable) {
          alias.variables.push_back(lang::As<lang::Variable>(target).name);
        }
      }
      aliases.push_back(std::move(alias));
    }
  }
  return aliases;
}

// A probe on the alias that prints all its variables.
inline std::string UseOf(const Alias& alias) {
  std::string script = "probe " + alias.name + " { println(pid())";
  for (const std::string& variable : alias.variables) script += " println(" + variable + ")";
  return script + " }\n";
}

}  // namespace podtap::tapset
