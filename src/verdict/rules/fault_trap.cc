// fault.trap: SIGTRAP with no debugger to take it.
//
// Demands: what Fault() does.
#include <array>

#include "verdict/rules/fault.h"
#include "verdict/signal.h"

namespace podtap::verdict {
namespace {

constexpr std::string_view kStep =
    "an int3 in the code: __builtin_debugtrap, an assertion of Chromium's or V8's kind, or a "
    "uprobe or a debugger that left one behind";
constexpr std::array kCodes = {
    FaultCode{1, "TRAP_BRKPT", "ran into a breakpoint", kStep},
    FaultCode{2, "TRAP_TRACE", "was single-stepped", "who set the trap flag?"},
    FaultCode{3, "TRAP_BRANCH", "took a branch that was to be trapped", ""},
    FaultCode{4, "TRAP_HWBKPT", "hit a hardware breakpoint", ""},
    FaultCode{6, "TRAP_PERF", "was trapped by a perf event with sigtrap", ""},
    FaultCode{128, "SI_KERNEL", "ran into a breakpoint", kStep},
};

}  // namespace

std::optional<Finding> FaultTrap(const Scene& scene) {
  return Fault(scene, kSigTrap, Cause::kFaultTrap, kCodes);
}

}  // namespace podtap::verdict
