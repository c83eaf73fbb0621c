// The kernel's tracepoints, with their arguments as typed variables.
//
// What enters: "signal:signal_generate", "sched:*", "sched_*". What leaves: one
// Match for each tracepoint that a BTF-typed program can be attached to.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "probes/probes.h"

namespace podtap::probes {

// Types and argument names of tracepoints in vmlinux's BTF.
class TracepointTypes {
 public:
  explicit TracepointTypes(const kernel::Btf& btf) : btf_(btf) {}

  // One walk over all types instead of a few for each name: for patterns.
  void IndexAll();

  // The typedef btf_trace_NAME, to which a program is attached.
  std::optional<kernel::TypeId> Find(std::string_view name) const;

  // The arguments, without the first (__data), which programs don't get. Their
  // names come from a function of the kernel with the same prototype; without
  // one they are arg1, arg2, …
  std::vector<ContextVar> Vars(std::string_view name, kernel::TypeId type) const;

 private:
  std::optional<kernel::TypeId> FindNaming(std::string_view name) const;
  const kernel::Btf& btf_;
  bool indexed_ = false;
  std::unordered_map<std::string_view, kernel::TypeId> typedefs_;
  std::unordered_map<std::string_view, kernel::TypeId> functions_;
};

// `kernel.trace("…")`; `component` is the one with the argument.
Result<std::vector<Match>> ResolveTracepoints(const lang::ProbePoint& point, size_t component,
                                              kernel::Kernel& kernel,
                                              source::Diagnostics& diagnostics);

// One tracepoint by its plain name, for providers that build on it; nothing when
// the kernel doesn't have it.
Result<std::optional<Match>> FindTracepoint(const std::string& subsystem, const std::string& name,
                                            kernel::Kernel& kernel);

}  // namespace podtap::probes
