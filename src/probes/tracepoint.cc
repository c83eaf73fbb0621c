#include "probes/tracepoint.h"

#include <algorithm>
#include <unordered_set>

#include "probes/glob.h"
#include "probes/point.h"

namespace podtap::probes {
namespace {

using kernel::BtfKind;
using kernel::Tracepoint;
using kernel::TypeId;

constexpr std::string_view kTypedefPrefix = "btf_trace_";

// Functions with a tracepoint's prototype and its parameters' names, best first:
// from 6.5, from 5.10, and before that (one for a whole class of events).
constexpr std::string_view kNamingPrefixes[] = {"__probestub_", "__traceiter_", "__bpf_trace_"};

std::string Joined(std::string_view prefix, std::string_view name) {
  return std::string(prefix).append(name);
}

}  // namespace

void TracepointTypes::IndexAll() {
  if (indexed_) return;
  indexed_ = true;
  btf_.ForEach(BtfKind::kTypedef, kTypedefPrefix, [&](TypeId id, std::string_view name) {
    typedefs_.emplace(name.substr(kTypedefPrefix.size()), id);
  });
  for (const std::string_view prefix : kNamingPrefixes)
    btf_.ForEach(BtfKind::kFunc, prefix, [&](TypeId id, std::string_view name) {
      functions_.emplace(name.substr(prefix.size()), id);  // the first prefix wins
    });
}

std::optional<TypeId> TracepointTypes::Find(std::string_view name) const {
  std::optional<TypeId> id;
  if (indexed_) {
    if (const auto found = typedefs_.find(name); found != typedefs_.end()) id = found->second;
  } else {
    id = btf_.Find(Joined(kTypedefPrefix, name), BtfKind::kTypedef);
  }
  if (!id || btf_.Kind(btf_.Target(btf_.Strip(*id))) != BtfKind::kFuncProto) return std::nullopt;
  return id;
}

std::optional<TypeId> TracepointTypes::FindNaming(std::string_view name) const {
  if (indexed_) {
    const auto found = functions_.find(name);
    return found != functions_.end() ? std::optional(found->second) : std::nullopt;
  }
  for (const std::string_view prefix : kNamingPrefixes)
    if (auto id = btf_.Find(Joined(prefix, name), BtfKind::kFunc)) return id;
  return std::nullopt;
}

namespace {

// Arguments that aren't always what their type says.
struct NumberArgument {
  std::string_view tracepoint;
  std::string_view argument;
};
constexpr NumberArgument kMayBeNumber[] = {
    {"signal_generate", "info"},  // SEND_SIG_NOINFO 0, SEND_SIG_PRIV 1: linux/sched/signal.h
    {"signal_deliver", "info"},
};

bool MayBeNumber(std::string_view tracepoint, std::string_view argument) {
  return std::ranges::any_of(kMayBeNumber, [&](const NumberArgument& row) {
    return row.tracepoint == tracepoint && row.argument == argument;
  });
}

}  // namespace

std::vector<ContextVar> TracepointTypes::Vars(std::string_view name, TypeId type) const {
  const auto params = btf_.Params(btf_.Target(btf_.Strip(type)));
  std::vector<kernel::BtfParam> naming;
  if (const auto function = FindNaming(name)) naming = btf_.Params(*function);
  const bool named = naming.size() == params.size();
  std::vector<ContextVar> vars;
  for (uint32_t i = 1; i < params.size(); ++i) {
    std::string var = named ? std::string(naming[i].name) : "";
    if (var.empty()) var = "arg" + std::to_string(i);
    const bool may_be_number = MayBeNumber(name, var);
    vars.push_back({.name = std::move(var),
                    .arg = i - 1,
                    .btf_type = params[i].type,
                    .may_be_number = may_be_number});
  }
  return vars;
}

namespace {

Match MakeMatch(const TracepointTypes& types, const std::string& subsystem, const std::string& name,
                TypeId type) {
  Match match;
  match.name = "kernel.trace(\"" + (subsystem.empty() ? name : subsystem + ":" + name) + "\")";
  match.attach = ir::AttachTracepoint{.subsystem = subsystem, .name = name, .btf_id = type};
  match.vars = types.Vars(name, type);
  match.trace_name = name;
  return match;
}

struct Pattern {
  std::optional<std::string> subsystem;
  std::string name;
};

Pattern Split(const std::string& text) {
  const size_t colon = text.find(':');
  if (colon == std::string::npos) return {std::nullopt, text};
  return {text.substr(0, colon), text.substr(colon + 1)};
}

// Without tracefs no subsystem is known, and a name alone must do.
bool KnowsSubsystems(const std::vector<Tracepoint>& all) {
  return std::ranges::any_of(all, [](const Tracepoint& t) { return !t.subsystem.empty(); });
}

bool Matches(const Pattern& pattern, const Tracepoint& tracepoint, bool knows_subsystems) {
  if (pattern.subsystem && (knows_subsystems || !tracepoint.subsystem.empty()) &&
      !MatchesGlob(*pattern.subsystem, tracepoint.subsystem))
    return false;
  return MatchesGlob(pattern.name, tracepoint.name);
}

// Why there is no match, with near names.
std::string Explain(const Pattern& pattern, const std::vector<Tracepoint>& all,
                    const TracepointTypes& types) {
  const bool knows = KnowsSubsystems(all);
  for (const Tracepoint& tracepoint : all) {
    if (!Matches(pattern, tracepoint, knows)) continue;
    const std::string full = tracepoint.subsystem + ":" + tracepoint.name;
    if (tracepoint.subsystem == "syscalls")
      return "no match ('" + full +
             "' is an event without a tracepoint of its own; use raw_syscalls:sys_enter or "
             "raw_syscalls:sys_exit)";
    return "no match ('" + full +
           "' has no type in vmlinux's BTF: it isn't a tracepoint, or a "
           "kernel module's)";
  }
  // The same name in another subsystem comes before names that are near.
  std::vector<std::string> names, similar;
  for (const Tracepoint& tracepoint : all) {
    if (!types.Find(tracepoint.name)) continue;
    names.push_back(tracepoint.name);
    if (pattern.subsystem && tracepoint.name == pattern.name)
      similar.push_back(tracepoint.subsystem + ":" + tracepoint.name);
  }
  if (similar.empty() && pattern.name.size() <= 128) similar = source::Similar(pattern.name, names);
  std::string message = "no match";
  for (size_t i = 0; i < similar.size(); ++i)
    message += (i == 0 ? " (similar tracepoints: " : ", ") + similar[i];
  return similar.empty() ? message : message + ")";
}

}  // namespace

Result<std::optional<Match>> FindTracepoint(const std::string& subsystem, const std::string& name,
                                            kernel::Kernel& kernel) {
  const auto btf = kernel.btf();
  if (!btf) return std::unexpected(btf.error());
  const TracepointTypes types(**btf);
  const auto type = types.Find(name);
  if (!type) return std::nullopt;
  return MakeMatch(types, subsystem, name, *type);
}

Result<std::vector<Match>> ResolveTracepoints(const lang::ProbePoint& point, size_t component,
                                              kernel::Kernel& kernel,
                                              source::Diagnostics& diagnostics) {
  const auto btf = kernel.btf();
  if (!btf) return std::unexpected(btf.error());
  TracepointTypes types(**btf);
  const Pattern pattern = Split(point.components[component].text);
  const bool wild_name = HasWildcard(pattern.name);

  // The common case, a full name, needs no list (which takes 2 ms to read).
  if (!wild_name && pattern.subsystem && !HasWildcard(*pattern.subsystem)) {
    const auto type = types.Find(pattern.name);
    if (type && kernel.HasTracepoint(*pattern.subsystem, pattern.name))
      return std::vector<Match>{MakeMatch(types, *pattern.subsystem, pattern.name, *type)};
  }

  const auto all = kernel.tracepoints();
  if (!all) return std::unexpected(all.error());
  const bool knows_subsystems = KnowsSubsystems(**all);
  if (wild_name) types.IndexAll();
  std::vector<Match> matches;
  std::unordered_set<std::string_view> seen;
  for (const Tracepoint& tracepoint : **all) {
    if (!Matches(pattern, tracepoint, knows_subsystems)) continue;
    const auto type = types.Find(tracepoint.name);
    if (!type || !seen.insert(tracepoint.name).second) continue;
    std::string subsystem = tracepoint.subsystem;
    if (subsystem.empty() && pattern.subsystem && !HasWildcard(*pattern.subsystem))
      subsystem = *pattern.subsystem;
    matches.push_back(MakeMatch(types, subsystem, tracepoint.name, *type));
  }
  if (matches.empty()) {
    types.IndexAll();
    Complaints(point, diagnostics).NoMatch(component, Explain(pattern, **all, types));
  }
  return matches;
}

}  // namespace podtap::probes
