#include "lang/check/warnings.h"

#include <unordered_set>

namespace podtap::lang::check {
namespace {

constexpr size_t kMaxCandidates = 5'000;

class NeverAssigned {
 public:
  NeverAssigned(const File& user, Symbols& symbols, ScriptBuilder& builder, Reporter& reporter)
      : user_(user), symbols_(symbols), builder_(builder), reporter_(reporter) {}

  void CheckLocals(const std::vector<Local>& locals) {
    for (const Local& local : locals)
      if (local.read && !local.written && !reporter_.IsTapset(local.first_use.span))
        reporter_.Warning(local.first_use, "never-assigned local variable '" + local.name + "'",
                          Near(local.name, locals));
  }

  void CheckGlobals() {
    const auto& globals = builder_.script().globals;
    for (uint32_t i = 0; i < globals.size(); ++i) {
      const Global& global = *globals[i];
      const GlobalFacts& facts = builder_.facts(i);
      if (!global.read || global.written || global.init || facts.overridden || facts.tapset)
        continue;
      reporter_.Warning(global.tok, "never-assigned global variable '" + global.name + "'",
                        Near(global.name, {}));
    }
  }

 private:
  // What was meant may be another variable or, without its (), a function.
  Names Near(const std::string& name, const std::vector<Local>& locals) {
    if (!reporter_.wants_similar()) return {};
    Names candidates;
    for (const Local& local : locals)
      if (local.written && candidates.size() < kMaxCandidates) candidates.push_back(local.name);
    for (const std::string& global : symbols_.GlobalNames(user_))
      if (candidates.size() < kMaxCandidates && !global.starts_with("__"))
        candidates.push_back(global);
    Names near = reporter_.Similar(name, candidates);
    if (!symbols_.FindFunctions(name, 0, user_).empty()) near.insert(near.begin(), name + "()");
    return near;
  }

  const File& user_;
  Symbols& symbols_;
  ScriptBuilder& builder_;
  Reporter& reporter_;
};

}  // namespace

void WarnNeverAssigned(const File& user, Symbols& symbols, ScriptBuilder& builder,
                       Reporter& reporter) {
  NeverAssigned check(user, symbols, builder, reporter);
  for (const Probe& probe : builder.script().probes) check.CheckLocals(probe.locals);
  for (const Function* function : builder.script().functions) check.CheckLocals(function->locals);
  check.CheckGlobals();
}

void WarnUnused(const File& user, const Script& script, Reporter& reporter) {
  const std::unordered_set<const Global*> used(script.globals.begin(), script.globals.end());
  for (const auto& function : user.functions)
    if (!function->reachable)
      reporter.Warning(function->tok, "unused function '" + function->name + "'");
  for (const auto& global : user.globals)
    if (!used.contains(global.get()))
      reporter.Warning(global->tok, "unused global variable '" + global->name + "'");
}

}  // namespace podtap::lang::check
