// The kernel's log: /dev/kmsg.
//
// What enters: its records. What leaves: those lines that tell of a process' end, with
// their time. What processes wrote into the log is left out: only the kernel's facility
// counts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/host_root.h"
#include "base/result.h"

namespace podtap::testimony {

struct KernelLine {
  int64_t monotonic_ns = 0;  // local_clock(), near CLOCK_MONOTONIC
  std::string text;
  friend bool operator==(const KernelLine&, const KernelLine&) = default;
};

struct KernelLog {
  std::vector<KernelLine> lines;  // those of interest
  // The oldest record that the ring still holds, of whatever kind.
  int64_t begins_monotonic_ns = 0;
};

// Errors: errno's; EPERM where kernel.dmesg_restrict demands CAP_SYSLOG.
Result<KernelLog> ReadKernelLog(const HostRoot& root);

// "6,339,5140900,-;text\n KEY=value" (Documentation/ABI/testing/dev-kmsg). nullopt: broken,
// or not the kernel's. Bytes that it wrote as \x41 are put back.
std::optional<KernelLine> ParseKmsg(std::string_view record);

// OOM reports, faults that were not handled, audit's seccomp and abnormal ends.
bool IsAboutAnEnd(std::string_view text);

}  // namespace podtap::testimony
