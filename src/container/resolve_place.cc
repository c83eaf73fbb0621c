#include "container/resolve_place.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "cgroup/membership.h"
#include "cgroup/path.h"
#include "cgroup/walk.h"
#include "container/cgroup_only.h"
#include "container/near_names.h"

namespace podtap::container {
namespace {

using Found = std::expected<Resolved, Unresolved>;

// A cgroup that is no container's.
Container StandIn(const cgroup::Tree& tree, std::string name, const std::string& path) {
  Container container;
  container.name = std::move(name);
  container.cgroup_path = path;
  container.cgroup = tree.Id(path).value_or(cgroup::CgroupId{});
  container.memory_limit = ReadMemoryLimit(tree, path);
  if (cgroup::IsPopulated(tree, path).value_or(false)) container.state = State::kRunning;
  return container;
}

Found ContainerFound(Container container) {
  Resolved resolved;
  if (!container.pod.name.empty() || !container.pod.uid.empty()) resolved.pod = container.pod;
  resolved.containers.push_back(std::move(container));
  return resolved;
}

Found StandInFound(Container container) {
  Resolved resolved;
  resolved.stand_in = true;
  resolved.containers.push_back(std::move(container));
  return resolved;
}

// The container whose own cgroup or part of it `path` is: the outermost that a runtime
// knows; else the outermost.
std::optional<Container> ContainerAround(const std::string& path, const Inventory& inventory,
                                         const cgroup::Tree& tree) {
  const cgroup::PathInfo info = cgroup::ParsePath(path);
  for (const cgroup::PathContainer& named : info.containers) {
    if (const Container* known = inventory.Find(named.id)) return *known;
  }
  if (info.containers.empty()) return std::nullopt;
  const cgroup::PathContainer& outer = info.containers.front();
  return ContainerOfPlace(
      tree,
      {.path = outer.path, .id = tree.Id(outer.path).value_or(cgroup::CgroupId{}), .named = outer});
}

Found NotFound(const Target& target, const Inventory& inventory, std::string searched,
               std::vector<std::string> near) {
  Unresolved unresolved = NewUnresolved(target, inventory);
  unresolved.searched = std::move(searched);
  unresolved.unasked.clear();  // no runtime was needed
  unresolved.candidates = std::move(near);
  return std::unexpected(std::move(unresolved));
}

// The number of the process that a thread belongs to; `id` itself if it can't be told.
int32_t ProcessOf(const cgroup::Tree& tree, int32_t id) {
  constexpr std::string_view kKey = "\nTgid:\t";
  const auto status = tree.ReadProcess(id, "status");
  if (!status) return id;
  const size_t at = status->find(kKey);
  if (at == std::string::npos) return id;
  int32_t pid = id;
  std::from_chars(status->data() + at + kKey.size(), status->data() + status->size(), pid);
  return pid;
}

// A user may copy the path of the directory.
std::string WithoutMount(const cgroup::Tree& tree, const std::string& path) {
  for (const auto& mount : {tree.hierarchies().ids, tree.hierarchies().memory}) {
    if (!mount || mount->point == "/") continue;
    // Below a version 2 mount there may be directories of version 1: they don't match.
    if (const auto rest = cgroup::BelowPath(path, mount->point)) return *rest;
  }
  return path;
}

bool IsThere(const cgroup::Tree& tree, const std::string& path) {
  return tree.Id(path) || tree.Children(cgroup::Hierarchy::kMemory, path);
}

std::vector<std::string> AllCgroups(const cgroup::Tree& tree) {
  std::vector<std::string> paths;
  for (const auto hierarchy : {cgroup::Hierarchy::kIds, cgroup::Hierarchy::kMemory}) {
    const auto census = cgroup::WalkTree(tree, hierarchy, "/");
    if (!census) continue;
    for (const cgroup::Cgroup& found : census->cgroups) paths.push_back(found.path);
    if (tree.hierarchies().version != cgroup::Version::kHybrid) break;
  }
  std::ranges::sort(paths);
  const auto twice = std::ranges::unique(paths);
  paths.erase(twice.begin(), twice.end());
  return paths;
}

}  // namespace

Found ResolvePid(const Target& target, const Inventory& inventory, const cgroup::Tree& tree) {
  const auto where = tree.OfProcess(target.pid);
  if (!where) {
    const int error = where.error().error_number;
    return NotFound(target, inventory,
                    error == ENOENT || error == ESRCH ? "no process has that number"
                                                      : "/proc says: " + where.error().reason,
                    {});
  }
  const int32_t pid = ProcessOf(tree, target.pid);
  // On a hybrid node a container may be known to the memory controller's hierarchy alone.
  for (const std::string& path : {where->ids, where->memory}) {
    if (auto container = ContainerAround(path, inventory, tree)) {
      Found found = ContainerFound(std::move(*container));
      found->pid = pid;
      return found;
    }
  }
  const std::string& path = where->ids.size() > 1 ? where->ids : where->memory;
  Container container = StandIn(tree, "pid:" + std::to_string(pid), path.empty() ? "/" : path);
  container.init_pid = pid;
  container.state = State::kRunning;
  Found found = StandInFound(std::move(container));
  found->pid = pid;
  return found;
}

Found ResolveCgroup(const Target& target, const Inventory& inventory, const cgroup::Tree& tree) {
  const std::string path =
      IsThere(tree, target.path) ? target.path : WithoutMount(tree, target.path);
  if (!IsThere(tree, path)) {
    std::vector<std::string> near = NearNames(path, AllCgroups(tree));
    for (std::string& one : near) one.insert(0, "cgroup:");
    return NotFound(target, inventory,
                    "no such directory below " + tree.Folder(cgroup::Hierarchy::kIds, "/"),
                    std::move(near));
  }
  const cgroup::PathInfo info = cgroup::ParsePath(path);
  if (!info.containers.empty() && info.containers.back().path == path) {
    const cgroup::PathContainer& named = info.containers.back();
    if (const Container* known = inventory.Find(named.id)) {
      if (known->cgroup_path.empty() || known->cgroup_path == path) return ContainerFound(*known);
    }
    return ContainerFound(ContainerOfPlace(tree, {.path = path,
                                                  .id = tree.Id(path).value_or(cgroup::CgroupId{}),
                                                  .named = named,
                                                  .depth = info.containers.size()}));
  }
  return StandInFound(StandIn(tree, "cgroup:" + path, path));
}

Found ResolveUnit(const Target& target, const Inventory& inventory, const cgroup::Tree& tree) {
  std::vector<std::string> found;
  std::vector<std::string> units;
  for (const std::string& path : AllCgroups(tree)) {
    const cgroup::PathInfo info = cgroup::ParsePath(path);
    const std::string_view last = std::string_view(path).substr(path.rfind('/') + 1);
    const bool slice =
        target.name.ends_with(".slice") && last == target.name && info.containers.empty();
    const bool hit = info.unit == target.name || info.user_unit == target.name || slice;
    units.push_back(info.user_unit.empty() ? info.unit : info.user_unit);
    // Paths are sorted, so the unit's own cgroup comes before those below it.
    const auto below = [&](const std::string& known) {
      return cgroup::BelowPath(path, known).has_value();
    };
    if (hit && std::ranges::none_of(found, below)) found.push_back(path);
  }
  if (found.empty()) {
    std::vector<std::string> near = NearNames(target.name, std::move(units));
    for (std::string& one : near) one.insert(0, "unit:");
    return NotFound(target, inventory, "no cgroup of a unit with that name", std::move(near));
  }
  if (found.size() > 1) {  // the same unit of several users
    Unresolved unresolved = NewUnresolved(target, inventory);
    unresolved.why = Unresolved::Why::kAmbiguous;
    for (const std::string& path : found) unresolved.candidates.push_back("cgroup:" + path);
    return std::unexpected(std::move(unresolved));
  }
  const cgroup::PathInfo info = cgroup::ParsePath(found.front());
  if (!info.containers.empty() && info.containers.back().path == found.front()) {
    return ResolveCgroup({.written = target.written, .path = found.front()}, inventory, tree);
  }
  return StandInFound(StandIn(tree, "unit:" + target.name, found.front()));
}

}  // namespace podtap::container
