// What the rules about faults share: SIGSEGV, SIGBUS, SIGILL, SIGFPE and SIGTRAP that
// the CPU or the kernel raises for a thread's own act.
#pragma once

#include <span>
#include <string_view>

#include "verdict/rules/rule.h"

namespace podtap::verdict {

// One si_code of a signal (include/uapi/asm-generic/siginfo.h).
struct FaultCode {
  int32_t code;
  std::string_view name;
  std::string_view what;  // "touched memory that isn't mapped"
  std::string_view step;  // what to do; may be empty
};

// Demands: a row of this signal that the kernel raised for the subject's own act
// (siginfo with a code above 0, sender and target the same, no kill call), fatal or
// handled by a program that then exited with 128+n.
std::optional<Finding> Fault(const Scene& scene, int32_t signal, Cause cause,
                             std::span<const FaultCode> codes);

}  // namespace podtap::verdict
