// fault.fpe: SIGFPE for a calculation.
//
// Demands: what Fault() does.
#include <array>

#include "verdict/rules/fault.h"
#include "verdict/signal.h"

namespace podtap::verdict {
namespace {

constexpr std::array kCodes = {
    FaultCode{1, "FPE_INTDIV", "divided by zero",
              "an integer divided by zero, or the lowest by -1"},
    FaultCode{2, "FPE_INTOVF", "overflowed an integer", ""},
    FaultCode{3, "FPE_FLTDIV", "divided a floating-point number by zero",
              "feenableexcept() turned this trap on"},
    FaultCode{4, "FPE_FLTOVF", "overflowed a floating-point number", ""},
    FaultCode{5, "FPE_FLTUND", "underflowed a floating-point number", ""},
    FaultCode{6, "FPE_FLTRES", "got an inexact floating-point result", ""},
    FaultCode{7, "FPE_FLTINV", "did an invalid floating-point operation", ""},
    FaultCode{8, "FPE_FLTSUB", "used a subscript out of range", ""},
};

}  // namespace

std::optional<Finding> FaultFpe(const Scene& scene) {
  return Fault(scene, kSigFpe, Cause::kFaultFpe, kCodes);
}

}  // namespace podtap::verdict
