// Containers as the cgroups alone tell of them: by the names of the directories.
//
// What enters: a node's cgroups. What leaves: where each container's cgroup is, and the
// containers of runtimes that can't be asked, without their names.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "cgroup/path.h"
#include "cgroup/tree.h"
#include "container/container.h"

namespace podtap::container {

struct CgroupPlace {
  std::string path;
  cgroup::CgroupId id;          // 0: only the memory controller's hierarchy has it (a hybrid node)
  cgroup::PathContainer named;  // what the path says of it
  size_t depth = 1;             // 2 and more: within another container
};

class CgroupIndex {
 public:
  // Looks at all cgroups in the hierarchy of ids.
  static CgroupIndex Make(const cgroup::Tree& tree);
  // On a hybrid node, looks at those of the memory controller's hierarchy too: a runtime
  // that doesn't know version 2 has its containers there alone.
  void AddVersion1(const cgroup::Tree& tree);

  const CgroupPlace* Find(const std::string& container_id) const;
  const std::unordered_map<std::string, CgroupPlace>& places() const { return places_; }
  // Not all could be looked at.
  bool complete() const { return complete_; }

 private:
  void Add(const cgroup::Tree& tree, cgroup::Hierarchy hierarchy);

  std::unordered_map<std::string, CgroupPlace> places_;  // by container id
  bool complete_ = true;
};

// The container of a place, with what can be known: runtime (as far as the path tells),
// id, pod UID, cgroup, first process, memory limit. Its state is kRunning if a process is
// in it, else kUnknown.
Container ContainerOfPlace(const cgroup::Tree& tree, const CgroupPlace& place);

// The first process of a cgroup's container: the only one, or the one that is number 1 in
// its pid namespace. 0: it can't be told.
int32_t FindInitPid(const cgroup::Tree& tree, const std::string& path);

// Bytes; 0: no limit, or not known.
int64_t ReadMemoryLimit(const cgroup::Tree& tree, const std::string& path);

}  // namespace podtap::container
