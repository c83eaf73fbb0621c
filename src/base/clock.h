// The machine's clocks.
#pragma once

#include <time.h>

#include <cstdint>

namespace podtap {

// CLOCK_REALTIME: Unix time. CLOCK_BOOTTIME, CLOCK_MONOTONIC: since the machine's start.
inline int64_t ClockNs(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

}  // namespace podtap
