// fault.bus: SIGBUS for the process' own access.
//
// Demands: what Fault() does.
#include <array>

#include "verdict/rules/fault.h"
#include "verdict/signal.h"

namespace podtap::verdict {
namespace {

constexpr std::array kCodes = {
    FaultCode{1, "BUS_ADRALN", "touched memory at an address that isn't aligned", ""},
    FaultCode{2, "BUS_ADRERR", "touched a mapping with nothing behind it",
              "a mapped file that was cut short (its disk or /dev/shm full?), or no huge page "
              "left: df -h, docker run --shm-size, grep Huge /proc/meminfo"},
    FaultCode{3, "BUS_OBJERR", "met a hardware error of its device", "journalctl -k"},
    FaultCode{4, "BUS_MCEERR_AR", "touched memory that is broken",
              "broken memory: journalctl -k | grep -i 'hardware error'"},
    FaultCode{5, "BUS_MCEERR_AO", "holds memory that is broken",
              "broken memory: journalctl -k | grep -i 'hardware error'"},
};

}  // namespace

std::optional<Finding> FaultBus(const Scene& scene) {
  return Fault(scene, kSigBus, Cause::kFaultBus, kCodes);
}

}  // namespace podtap::verdict
