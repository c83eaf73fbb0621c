// fault.segv: SIGSEGV for the process' own access.
//
// Demands: what Fault() does.
#include <array>

#include "verdict/rules/fault.h"
#include "verdict/signal.h"

namespace podtap::verdict {
namespace {

constexpr std::array kCodes = {
    FaultCode{1, "SEGV_MAPERR", "touched memory that isn't mapped",
              "an address near 0 is a null pointer; one just below the stack is a stack overflow"},
    FaultCode{2, "SEGV_ACCERR", "touched memory that it may not touch so",
              "it wrote to read-only memory, or ran data as code"},
    FaultCode{3, "SEGV_BNDERR", "failed a bounds check", ""},
    FaultCode{4, "SEGV_PKUERR", "touched memory that its protection key forbids", ""},
    FaultCode{8, "SEGV_MTEAERR", "failed a memory tag check", ""},
    FaultCode{9, "SEGV_MTESERR", "failed a memory tag check", ""},
    FaultCode{10, "SEGV_CPERR", "broke its shadow stack", "control-flow protection caught it"},
    FaultCode{128, "SI_KERNEL", "caused a general protection fault",
              "an address that is no address: a pointer that was overwritten; or the hlt of an "
              "abort()"},
};

}  // namespace

std::optional<Finding> FaultSegv(const Scene& scene) {
  return Fault(scene, kSigSegv, Cause::kFaultSegv, kCodes);
}

}  // namespace podtap::verdict
