// Tree: the cgroups of a node, to be looked at.
//
// What enters: a path below a hierarchy's mount ("/docker/4f…"), a CgroupId, or a
// process. What leaves: one as the other, what a cgroup's files say, and which cgroups
// there are. SystemTree is the real one; tests build a node of files (fake_node.h).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/host_root.h"
#include "base/result.h"
#include "cgroup/cgroup_id.h"
#include "cgroup/mounts.h"

namespace podtap::cgroup {

enum class Hierarchy : uint8_t { kIds, kMemory };

struct Child {
  std::string name;
  CgroupId id;  // the inode number in the hierarchy that was asked
};

// Where a process is. Empty: not in a hierarchy of that kind, or not to be seen from here.
struct Membership {
  std::string ids;
  std::string memory;
  bool removed = false;  // its cgroup's directory is gone already
};

class Tree {
 public:
  Tree() = default;
  virtual ~Tree() = default;
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;

  virtual const Hierarchies& hierarchies() const = 0;

  // In the hierarchy of ids. A path that isn't there is an error with errno ENOENT.
  Result<CgroupId> Id(const std::string& path) const { return IdIn(Hierarchy::kIds, path); }
  // Of a cgroup that is still there; else an error with errno ENOENT.
  Result<std::string> Path(CgroupId id) const { return PathIn(Hierarchy::kIds, id); }
  // The same with the inode numbers of either hierarchy.
  virtual Result<CgroupId> IdIn(Hierarchy hierarchy, const std::string& path) const = 0;
  virtual Result<std::string> PathIn(Hierarchy hierarchy, CgroupId id) const = 0;
  // The cgroups right below.
  virtual Result<std::vector<Child>> Children(Hierarchy hierarchy,
                                              const std::string& path) const = 0;
  // The text of a cgroup's file: "memory.max".
  virtual Result<std::string> Read(Hierarchy hierarchy, const std::string& path,
                                   const char* file) const = 0;
  // By the number that the host knows the process by. A process that has ended is an
  // error with errno ENOENT or ESRCH.
  virtual Result<Membership> OfProcess(int32_t pid) const = 0;

  // The text of a file of /proc/PID: "status".
  virtual Result<std::string> ReadProcess(int32_t pid, const char* file) const = 0;

  // The file-system path of a cgroup's directory, for messages; "" without a hierarchy.
  virtual std::string Folder(Hierarchy hierarchy, const std::string& path) const = 0;
};

// Where the node's own files are; the defaults are this machine's.
struct NodeFiles {
  std::string mountinfo = "/proc/self/mountinfo";
  std::string self_cgroup = "/proc/self/cgroup";
  std::string proc = "/proc";  // whose numbers are the host's
};

// Fails only if the mounts can't be read. A node without cgroups is a Tree of
// Version::kNone, whose every answer is an error.
Result<std::unique_ptr<Tree>> OpenTree(const HostRoot& root);
Result<std::unique_ptr<Tree>> OpenTree(const HostRoot& root, NodeFiles files);

}  // namespace podtap::cgroup
