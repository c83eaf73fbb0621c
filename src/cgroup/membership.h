// The text of /proc/PID/cgroup → the process' cgroup in each hierarchy (cgroups(7)).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cgroup/mounts.h"

namespace podtap::cgroup {

struct MembershipLine {
  std::vector<std::string> controllers;  // empty: version 2
  std::string path;                      // relative to the reader's cgroup namespace
  bool removed = false;                  // " (deleted)" stood behind it
  friend bool operator==(const MembershipLine&, const MembershipLine&) = default;
};

std::vector<MembershipLine> ParseMembership(std::string_view text);

// The line of the hierarchy that `mount` shows; nullptr when there is none.
const MembershipLine* LineOf(const std::vector<MembershipLine>& lines, const Mount& mount);

// "/a/b" and "/../c" → "/a/c". Never climbs above "/".
std::string JoinPath(std::string_view base, std::string_view path);

// What is left of `path` below `top`: "/docker/4f" below "/docker" is "/4f", below "/"
// itself. nullopt when it isn't below.
std::optional<std::string> BelowPath(std::string_view path, std::string_view top);

}  // namespace podtap::cgroup
