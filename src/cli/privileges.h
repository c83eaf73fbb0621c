// Capabilities: what a recorder gives up, and when.
#pragma once

#include <cstdint>

#include "base/result.h"

namespace podtap::cli {

enum class Stage : uint8_t {
  // What arming, asking and recording need, and the kernel's log.
  kBeforeArming,
  // CAP_BPF and CAP_PERFMON to read
  // maps, CAP_SYS_PTRACE for /proc/PID/exe, environ and maps of others, and
  // CAP_DAC_READ_SEARCH for their files.
  kArmed,
};

// Gives up every other capability of this thread, and of what it starts later: the kernel
// keeps them by thread.
Result<void> DropCapabilities(Stage stage);

}  // namespace podtap::cli
