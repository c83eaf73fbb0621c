#include "cli/watch_list.h"

#include <algorithm>

namespace podtap::cli {
namespace {

using container::Target;

// Kubernetes' containers are known by their place in the pod, others by their name.
std::string NameOf(const container::Container& container) {
  if (container.name.empty()) return "";
  if (container.pod.name.empty()) return container.name;
  return container.pod.ns + "/" + container.pod.name + "/" + container.name;
}

// Targets that name no container are followed from the start, by pid or cgroup.
bool NamesContainers(const Target& target) {
  return target.kind == Target::Kind::kWord || target.kind == Target::Kind::kPod ||
         target.kind == Target::Kind::kContainer || target.kind == Target::Kind::kId;
}

}  // namespace

void WatchList::Add(const container::Container& container) {
  if (!container.id.value.empty()) ids_.insert(container.id.value);
  const std::string name = NameOf(container);
  if (!name.empty()) names_.insert(name);
}

bool WatchList::Matches(const container::Container& container, const cgroup::Tree& tree) const {
  container::Inventory alone;
  alone.containers = {container};
  return std::any_of(targets_.begin(), targets_.end(), [&](const Target& target) {
    if (target.kind == Target::Kind::kAll) return !container.is_sandbox;
    if (!NamesContainers(target)) return false;
    const auto resolved = container::Resolve(target, alone, tree);
    return resolved && !resolved->containers.empty();
  });
}

Meant WatchList::Decide(const container::Container& container, bool known,
                        const cgroup::Tree& tree) {
  // A stand-in for a process or a cgroup was asked for as such.
  if (container.id.value.empty()) return Meant::kYes;
  if (ids_.contains(container.id.value)) return Meant::kYes;
  if (names_.contains(NameOf(container)) || Matches(container, tree)) {
    Add(container);
    return Meant::kYes;
  }
  return known ? Meant::kNo : Meant::kNotKnownYet;
}

}  // namespace podtap::cli
