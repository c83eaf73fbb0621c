#include "verdict/place.h"

#include <algorithm>

namespace podtap::verdict {
namespace {

// The id of the container that died; of the one that the dead process was in, when
// what was watched is a process.
const container::ContainerId& OwnId(const View& view) {
  const container::ContainerId& id = view.death().container.id;
  if (!id.value.empty()) return id;
  const store::Process* init = view.Find(view.init());
  return init == nullptr ? id : init->container;
}

const container::Container* FindContainer(const View& view, const container::ContainerId& id) {
  if (id.value.empty()) return nullptr;
  const auto& containers = view.death().containers;
  const auto found = std::ranges::find(containers, id, &container::Container::id);
  return found == containers.end() ? nullptr : &*found;
}

const container::Container* FindContainer(const View& view, cgroup::CgroupId cgroup) {
  if (cgroup.value == 0) return nullptr;
  const auto& containers = view.death().containers;
  const auto found = std::ranges::find(containers, cgroup, &container::Container::cgroup);
  return found == containers.end() ? nullptr : &*found;
}

cgroup::CgroupId CgroupOf(const store::Process* process, cgroup::CgroupId hint) {
  return hint.value == 0 && process != nullptr ? process->cgroup : hint;
}

}  // namespace

bool IsBelow(std::string_view path, std::string_view above) {
  while (above.ends_with('/')) above.remove_suffix(1);
  if (!path.starts_with(above)) return false;
  return path.size() == above.size() || path[above.size()] == '/';
}

Place PlaceOf(const View& view, const store::ProcessKey& key, cgroup::CgroupId hint) {
  const container::Container& dead = view.death().container;
  const container::ContainerId& own = OwnId(view);
  const store::Process* process = view.Find(key);
  if (process != nullptr && process->kernel_thread) return Place::kHost;
  if (process != nullptr && !process->container.value.empty()) {
    return process->container == own ? Place::kSame : Place::kOther;
  }
  const cgroup::CgroupId cgroup = CgroupOf(process, hint);
  // A process that is watched by its number has no container to share.
  if (!own.value.empty()) {
    if (cgroup.value != 0 && cgroup == dead.cgroup) return Place::kSame;
    if (process != nullptr && !process->cgroup_path.empty() && dead.cgroup_path.size() > 1 &&
        IsBelow(process->cgroup_path, dead.cgroup_path)) {
      return Place::kSame;
    }
    if (view.IsInit(key)) return Place::kSame;
  }
  if (FindContainer(view, cgroup) != nullptr) return Place::kOther;
  // Its cgroup was looked up, and no container's name was in it.
  if (process != nullptr && !process->cgroup_path.empty()) return Place::kHost;
  return Place::kUnknown;
}

std::optional<container::Container> ContainerOf(const View& view, const store::ProcessKey& key,
                                                cgroup::CgroupId hint) {
  const Place place = PlaceOf(view, key, hint);
  if (place == Place::kSame) return view.death().container;
  if (place != Place::kOther) return std::nullopt;
  const store::Process* process = view.Find(key);
  if (process != nullptr && !process->container.value.empty()) {
    if (const auto* found = FindContainer(view, process->container)) return *found;
    container::Container only_id;
    only_id.id = process->container;
    return only_id;
  }
  return *FindContainer(view, CgroupOf(process, hint));
}

bool InEnclosing(const View& view, const store::ProcessKey& key) {
  const auto outer = ContainerOf(view, key, {});
  const std::string& inner = view.death().container.cgroup_path;
  return outer && outer->cgroup_path.size() > 1 && inner.size() > outer->cgroup_path.size() &&
         IsBelow(inner, outer->cgroup_path);
}

}  // namespace podtap::verdict
