// What a memory cgroup says of itself.
//
// What enters: a path in the hierarchy of the memory controller. What leaves: limit,
// usage and counters. What a version or a kernel doesn't have is nullopt: unknown is
// not 0.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cgroup/flat_file.h"
#include "cgroup/tree.h"

namespace podtap::cgroup {

// Counters of memory.events or memory.events.local (cgroup-v2.rst). They count from the
// cgroup's birth.
struct MemoryEvents {
  std::optional<uint64_t> low, high, max;
  std::optional<uint64_t> oom;             // the limit was hit and an allocation was to fail
  std::optional<uint64_t> oom_kill;        // processes killed by any OOM killer
  std::optional<uint64_t> oom_group_kill;  // Linux 5.17
  friend bool operator==(const MemoryEvents&, const MemoryEvents&) = default;
};

struct Memory {
  std::optional<uint64_t> limit;  // bytes; kNoLimit. memory.max, memory.limit_in_bytes
  std::optional<uint64_t> usage;  // bytes; memory.current, memory.usage_in_bytes
  std::optional<uint64_t> peak;   // bytes; memory.peak (Linux 5.19), memory.max_usage_in_bytes
  std::optional<bool> oom_group;  // memory.oom.group

  // Version 2: of this cgroup and all below, and of this one alone (Linux 5.2). Version 1
  // has oom_kill of this one alone (memory.oom_control, Linux 4.13); it stands in `local`.
  MemoryEvents events;
  MemoryEvents local;

  // Version 1 only.
  std::optional<uint64_t> failcnt;  // how often the limit was hit
  std::optional<bool> oom_kill_disable;
  std::optional<bool> under_oom;
  friend bool operator==(const Memory&, const Memory&) = default;
};

// Fails if the cgroup isn't there, or the node has no memory controller.
Result<Memory> ReadMemory(const Tree& tree, const std::string& path);

// The same of the cgroup and of each above it up to the mount's top, the cgroup's own
// first. One that can't be read is left out.
struct MemoryLevel {
  std::string path;
  Memory memory;
};
Result<std::vector<MemoryLevel>> ReadMemoryLevels(const Tree& tree, const std::string& path);

}  // namespace podtap::cgroup
