// fault.ill: SIGILL for an instruction that this CPU doesn't run.
//
// Demands: what Fault() does.
#include <array>

#include "verdict/rules/fault.h"
#include "verdict/signal.h"

namespace podtap::verdict {
namespace {

constexpr std::string_view kStep =
    "built for another CPU (AVX-512, x86-64-v3)? compare with /proc/cpuinfo; or ud2, by which "
    "compilers and runtimes abort";
constexpr std::array kCodes = {
    FaultCode{1, "ILL_ILLOPC", "ran an instruction that this CPU does not have", kStep},
    FaultCode{2, "ILL_ILLOPN", "ran an instruction that this CPU does not have", kStep},
    FaultCode{3, "ILL_ILLADR", "ran an instruction with an addressing mode that is not allowed",
              ""},
    FaultCode{4, "ILL_ILLTRP", "ran a trap instruction that is not allowed", ""},
    FaultCode{5, "ILL_PRVOPC", "ran an instruction of the kernel's", ""},
    FaultCode{8, "ILL_BADSTK", "met an error of its internal stack", ""},
    FaultCode{128, "SI_KERNEL", "ran an instruction that this CPU does not have", kStep},
};

}  // namespace

std::optional<Finding> FaultIll(const Scene& scene) {
  return Fault(scene, kSigIll, Cause::kFaultIll, kCodes);
}

}  // namespace podtap::verdict
