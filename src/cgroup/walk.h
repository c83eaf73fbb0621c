// All cgroups below one, and the processes in them.
//
// Whoever may make cgroups inside a container can make very many: what is looked at is
// bounded, and the answer says so when it isn't whole.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cgroup/tree.h"

namespace podtap::cgroup {

inline constexpr size_t kMaxCgroups = 50'000;

struct Cgroup {
  std::string path;
  CgroupId id;  // the inode number in the hierarchy that was walked
};

struct Census {
  std::vector<Cgroup> cgroups;  // `top` isn't among them; parents before children
  bool complete = true;
};

// A cgroup that goes while it is looked at is left out. Fails only if `top` can't be read.
Result<Census> WalkTree(const Tree& tree, Hierarchy hierarchy, const std::string& top,
                        size_t limit = kMaxCgroups);

struct Pids {
  std::vector<int32_t> pids;  // of processes (thread groups), each once, in order
  bool complete = true;       // false: some are outside this pid namespace, or too many
};

// The processes of a cgroup and all below it. On a hybrid node those of the hierarchy of
// ids if the path is there, else of memory's.
Result<Pids> PidsOf(const Tree& tree, const std::string& path);

// Whether a process is in it or below (version 2: "populated" of cgroup.events; a zombie
// counts).
Result<bool> IsPopulated(const Tree& tree, const std::string& path);

}  // namespace podtap::cgroup
