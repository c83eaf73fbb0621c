// CgroupId: what the kernel calls a cgroup.
#pragma once

#include <cstdint>

#include "base/strong.h"

namespace podtap::cgroup {

// The id of a cgroup's directory in the version 2 hierarchy: its inode number, what
// bpf_get_current_cgroup_id() gives. On a node with version 1 alone, the inode
// number in the hierarchy that podtap takes in its place. 0: not known.
using CgroupId = Strong<struct CgroupIdTag, uint64_t>;

}  // namespace podtap::cgroup
