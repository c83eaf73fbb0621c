// The text of /proc/self/mountinfo → where cgroups are to be found on this node.
//
// A node has version 1 (one hierarchy a controller), version 2 (one for all), or is
// hybrid: version 1 with the controllers, and beside it a version 2 hierarchy without
// any, mostly at /sys/fs/cgroup/unified.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace podtap::cgroup {

struct Mount {
  std::string point;  // as this process sees it: "/sys/fs/cgroup/memory"
  // Which cgroup is on top of it: "/" for all, "/docker/4f…" for a container's own view,
  // "/../.." when it lies above this process' cgroup namespace (proc_pid_mountinfo(5)).
  std::string root;
  bool v2 = false;
  std::vector<std::string> controllers;  // version 1: "memory", "name=systemd"; version 2: none
  friend bool operator==(const Mount&, const Mount&) = default;
};

// Lines that aren't of cgroups, or broken, are left out.
std::vector<Mount> ParseMounts(std::string_view mountinfo);

enum class Version : uint8_t { kNone, kV1, kV2, kHybrid };
// "none", "1", "2", "hybrid".
const char* VersionName(Version version);

struct Hierarchies {
  Version version = Version::kNone;
  // Whose inode numbers are the CgroupIds: version 2, or on a node with version 1 alone
  // that of the memory controller: it is there wherever containers are limited, and
  // reachable in the kernel from a task (cgroups->subsys[memory_cgrp_id]). Without a
  // memory controller pids, cpu, freezer or systemd's own, the first that there is.
  std::optional<Mount> ids;
  // That of the memory controller. The same as `ids` but on a hybrid node.
  std::optional<Mount> memory;
  friend bool operator==(const Hierarchies&, const Hierarchies&) = default;
};

// Of mounts of the same hierarchy the one below `prefix` (the folder of the host's root)
// is taken, then the one that shows the most: "/" or above before a container's own.
// `v2_has_memory`: the version 2 root lists memory in cgroup.controllers.
Hierarchies ChooseHierarchies(const std::vector<Mount>& mounts, std::string_view prefix,
                              bool v2_has_memory);

}  // namespace podtap::cgroup
