// Timer probes: one timerfd each.
#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "ir/ir.h"

namespace podtap::cli {

class TimerProbes {
 public:
  Result<void> Start(const ir::Module& module);
  struct Timer {
    uint32_t program = 0;
    ir::AttachTimer spec;
    Fd fd;
  };
  std::vector<Timer>& timers() { return timers_; }
  // After its fd was readable: how many times it fired since, and, for a
  // randomised one, when it fires next.
  uint64_t Acknowledge(Timer& timer);

 private:
  void Arm(Timer& timer);
  std::vector<Timer> timers_;
  // Made when a randomised timer is: seeding costs microseconds, more in a VM.
  std::optional<std::mt19937_64> random_;
};

}  // namespace podtap::cli
