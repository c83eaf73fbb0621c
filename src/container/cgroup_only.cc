#include "container/cgroup_only.h"

#include <charconv>

#include "cgroup/flat_file.h"
#include "cgroup/walk.h"

namespace podtap::container {
namespace {

// Looking for number 1 among the processes of a fork bomb.
constexpr size_t kMaxLooks = 200;

// The number in the innermost pid namespace: the last of the line NSpid (proc(5)); 0 if
// the process is in the host's.
int32_t InnermostPid(std::string_view status) {
  constexpr std::string_view kKey = "\nNSpid:";
  const size_t at = status.find(kKey);
  if (at == std::string_view::npos) return 0;
  std::string_view line = status.substr(at + kKey.size());
  line = line.substr(0, line.find('\n'));
  const size_t last = line.find_last_of("\t ");
  // One number alone: the host's.
  if (last == std::string_view::npos || line.find_first_not_of("\t ") > last) return 0;
  int32_t pid = 0;
  std::from_chars(line.data() + last + 1, line.data() + line.size(), pid);
  return pid;
}

}  // namespace

CgroupIndex CgroupIndex::Make(const cgroup::Tree& tree) {
  CgroupIndex index;
  if (tree.hierarchies().ids) index.Add(tree, cgroup::Hierarchy::kIds);
  return index;
}

void CgroupIndex::AddVersion1(const cgroup::Tree& tree) {
  const auto& hierarchies = tree.hierarchies();
  if (hierarchies.version == cgroup::Version::kHybrid && hierarchies.memory) {
    Add(tree, cgroup::Hierarchy::kMemory);
  }
}

void CgroupIndex::Add(const cgroup::Tree& tree, cgroup::Hierarchy hierarchy) {
  const auto census = cgroup::WalkTree(tree, hierarchy, "/");
  if (!census) {
    complete_ = false;
    return;
  }
  complete_ = complete_ && census->complete;
  for (const cgroup::Cgroup& found : census->cgroups) {
    cgroup::PathInfo info = cgroup::ParsePath(found.path);
    if (info.containers.empty() || info.containers.back().path != found.path) continue;
    CgroupPlace place{found.path,
                      hierarchy == cgroup::Hierarchy::kIds ? found.id : cgroup::CgroupId{},
                      std::move(info.containers.back()), info.containers.size()};
    const auto [known, is_new] = places_.try_emplace(place.named.id, place);
    // A name within a container can be anybody's claim: the outer one is right.
    if (!is_new && place.depth < known->second.depth) known->second = std::move(place);
  }
}

const CgroupPlace* CgroupIndex::Find(const std::string& container_id) const {
  const auto found = places_.find(container_id);
  return found == places_.end() ? nullptr : &found->second;
}

int32_t FindInitPid(const cgroup::Tree& tree, const std::string& path) {
  const auto pids = cgroup::PidsOf(tree, path);
  if (!pids || pids->pids.empty()) return 0;
  if (pids->pids.size() == 1 && pids->complete) return pids->pids.front();
  int32_t found = 0;
  size_t looks = 0;
  for (const int32_t pid : pids->pids) {
    if (++looks > kMaxLooks) break;
    const auto status = tree.ReadProcess(pid, "status");
    if (!status || InnermostPid(*status) != 1) continue;
    if (found != 0) return 0;  // a namespace within: which is which can't be told
    found = pid;
  }
  return found;
}

int64_t ReadMemoryLimit(const cgroup::Tree& tree, const std::string& path) {
  const auto& mount = tree.hierarchies().memory;
  if (!mount) return 0;
  const auto text = tree.Read(cgroup::Hierarchy::kMemory, path,
                              mount->v2 ? "memory.max" : "memory.limit_in_bytes");
  const auto limit = text ? cgroup::SingleValue(*text) : std::nullopt;
  // Version 1 says "no limit" as the largest number of whole pages.
  return limit && *limit < (1ULL << 62) ? static_cast<int64_t>(*limit) : 0;
}

Container ContainerOfPlace(const cgroup::Tree& tree, const CgroupPlace& place) {
  Container container;
  container.runtime = place.named.runtime;
  container.id.value = place.named.id;
  container.pod.uid = place.named.pod_uid;
  container.cgroup_path = place.path;
  container.cgroup = place.id;
  if (cgroup::IsPopulated(tree, place.path).value_or(false)) container.state = State::kRunning;
  container.init_pid = FindInitPid(tree, place.path);
  container.memory_limit = ReadMemoryLimit(tree, place.path);
  return container;
}

}  // namespace podtap::container
