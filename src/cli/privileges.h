// Capabilities: what a recorder gives up, and when.
#pragma once

#include <cstdint>

#include "base/result.h"

namespace podtap::cli {

enum class Stage : uint8_t {
  // Before any thread begins (each has its own set): what arming, asking and recording need.
  kBeforeArming,
  // In the main thread, and so in all that begin later: CAP_BPF and CAP_PERFMON to read
  // maps, CAP_SYS_PTRACE for /proc/PID/exe, environ and maps of others, and
  // CAP_DAC_READ_SEARCH for their files.
  kArmed,
};

// Gives up every other capability, also for what is started later.
Result<void> DropCapabilities(Stage stage);

}  // namespace podtap::cli
