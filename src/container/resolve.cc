#include "container/resolve.h"

#include <algorithm>
#include <map>
#include <set>

#include "container/near_names.h"
#include "container/resolve_place.h"

namespace podtap::container {
namespace {

// Shorter ones hit by chance.
constexpr size_t kShortestId = 4;
constexpr size_t kMaxCandidates = 20;

std::string Join(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

bool IsHex(std::string_view text) {
  return std::ranges::all_of(
      text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

// Unambiguous: where two candidates have one name, their ids.
std::vector<std::string> NamesOf(const std::vector<const Container*>& containers) {
  std::map<std::string, int> count;
  for (const Container* container : containers) ++count[TargetOf(*container)];
  std::vector<std::string> names;
  for (const Container* container : containers) {
    std::string name = TargetOf(*container);
    if (count[name] > 1) name = container->id.value;
    if (names.size() < kMaxCandidates) names.push_back(std::move(name));
  }
  return names;
}

using Found = std::expected<Resolved, Unresolved>;

class NameResolver {
 public:
  NameResolver(const Target& target, const Inventory& inventory)
      : target_(target), inventory_(inventory) {}

  Found All() const {
    Resolved resolved;
    for (const Container* container : Current([](const Container&) { return true; })) {
      resolved.containers.push_back(*container);
    }
    return resolved;
  }

  // A whole id, then a pod's or a container's own name, then the name of a container
  // within pods, then the begin of an id.
  Found Word() const {
    const std::string& name = target_.name;
    if (const Container* exact = inventory_.Find(name)) return One(*exact);
    const auto pods = Pods([&](const Pod& pod) {
      return pod.name == name || (pod.name.empty() && pod.uid == name) || pod.uid == name;
    });
    const auto alone = Current([&](const Container& container) {
      return container.pod.name.empty() && !name.empty() && container.name == name;
    });
    if (pods.size() == 1 && alone.empty()) return PodOf(pods.front());
    if (pods.empty() && alone.size() == 1) return One(*alone.front());
    if (!pods.empty() || !alone.empty()) return Ambiguous(pods, alone);
    const auto within = Current([&](const Container& container) {
      return !container.pod.name.empty() && container.name == name;
    });
    if (!within.empty()) return OneOf(within);
    if (name.size() >= kShortestId && IsHex(name)) {
      const auto ids = ByIdPrefix(name, RuntimeKind::kUnknown);
      if (!ids.empty()) return OneOf(ids);
    }
    return NotFound("no pod, container or id of that name");
  }

  Found NamedPod() const {
    const auto pods =
        Pods([&](const Pod& pod) { return pod.ns == target_.ns && pod.name == target_.name; });
    if (pods.empty()) return NotFound("no pod of that name");
    return PodOf(pods.front());
  }

  Found NamedContainer() const {
    const auto pods =
        Pods([&](const Pod& pod) { return pod.ns == target_.ns && pod.name == target_.name; });
    if (pods.empty()) return NotFound("no pod of that name");
    const Found pod = PodOf(pods.front());
    for (const Container& container : pod->containers) {
      if (container.name == target_.container) {
        Found found = One(container);
        found->pod = pod->pod;
        return found;
      }
    }
    return NotFound("the pod has no container of that name");
  }

  Found Id() const {
    const auto ids = ByIdPrefix(target_.name, target_.runtime);
    if (!ids.empty()) return OneOf(ids);
    const auto named = Current([&](const Container& container) {
      return container.runtime == target_.runtime && container.name == target_.name;
    });
    if (!named.empty()) return OneOf(named);
    return NotFound("no container with that id");
  }

 private:
  template <typename Accept>
  std::vector<const Container*> Current(Accept accept) const {
    std::vector<const Container*> found;
    for (const Container& container : inventory_.containers) {
      if (!container.is_sandbox && accept(container) && !inventory_.IsSuperseded(container)) {
        found.push_back(&container);
      }
    }
    return found;
  }

  std::vector<const Container*> ByIdPrefix(const std::string& id, RuntimeKind runtime) const {
    std::vector<const Container*> found;
    for (const Container& container : inventory_.containers) {
      // A bare id in a cgroup's path tells no runtime.
      const bool same = runtime == RuntimeKind::kUnknown || container.runtime == runtime ||
                        container.runtime == RuntimeKind::kUnknown;
      if (!same || !container.id.value.starts_with(id)) continue;
      if (container.id.value == id) return {&container};
      found.push_back(&container);
    }
    return found;
  }

  // One a name: of a pod that was made again, the newest.
  template <typename Accept>
  std::vector<Pod> Pods(Accept accept) const {
    std::map<std::pair<std::string, std::string>, const Container*> newest;
    for (const Container& container : inventory_.containers) {
      const Pod& pod = container.pod;
      if ((pod.name.empty() && pod.uid.empty()) || !accept(pod)) continue;
      // A pod that only a cgroup tells of has no name.
      const auto [known, is_new] =
          newest.try_emplace({pod.ns, pod.name.empty() ? pod.uid : pod.name}, &container);
      if (!is_new && container.created_unix_ns > known->second->created_unix_ns) {
        known->second = &container;
      }
    }
    std::vector<Pod> pods;
    for (const auto& [name, container] : newest) pods.push_back(container->pod);
    return pods;
  }

  Found PodOf(const Pod& pod) const {
    Resolved resolved;
    resolved.pod = pod;
    for (const Container* container : Current([&](const Container& one) {
           return one.pod.ns == pod.ns && one.pod.name == pod.name && one.pod.uid == pod.uid;
         })) {
      resolved.containers.push_back(*container);
    }
    return resolved;
  }

  static Found One(const Container& container) {
    Resolved resolved;
    resolved.containers.push_back(container);
    if (!container.pod.name.empty() || !container.pod.uid.empty()) resolved.pod = container.pod;
    return resolved;
  }

  Found OneOf(const std::vector<const Container*>& containers) const {
    return containers.size() == 1 ? One(*containers.front()) : Ambiguous({}, containers);
  }

  Found Ambiguous(const std::vector<Pod>& pods,
                  const std::vector<const Container*>& containers) const {
    Unresolved unresolved = NewUnresolved(target_, inventory_);
    unresolved.why = Unresolved::Why::kAmbiguous;
    for (const Pod& pod : pods) unresolved.candidates.push_back(pod.ns + "/" + pod.name);
    std::ranges::move(NamesOf(containers), std::back_inserter(unresolved.candidates));
    return std::unexpected(std::move(unresolved));
  }

  Found NotFound(const std::string& what) const {
    Unresolved unresolved = NewUnresolved(target_, inventory_);
    unresolved.searched = what + unresolved.searched;
    std::vector<std::string> names;
    for (const Container& container : inventory_.containers) {
      const Pod& pod = container.pod;
      if (pod.name.empty()) {
        names.push_back(container.name);
        continue;
      }
      names.push_back(pod.name);
      names.push_back(pod.ns + "/" + pod.name);
      if (container.name.empty()) continue;
      names.push_back(pod.ns + "/" + pod.name + "/" + container.name);
      names.push_back(container.name);
    }
    unresolved.candidates = NearNames(target_.written, std::move(names));
    return std::unexpected(std::move(unresolved));
  }

  const Target& target_;
  const Inventory& inventory_;
};

}  // namespace

Unresolved NewUnresolved(const Target& target, const Inventory& inventory) {
  Unresolved unresolved;
  unresolved.written = target.written;
  std::vector<std::string> asked;
  for (const RuntimeReport& runtime : inventory.runtimes) {
    if (runtime.problem) {
      unresolved.unasked.push_back(runtime.socket);
    } else if (!runtime.no_cri) {
      asked.push_back(std::string(RuntimeName(runtime.kind)) + " (" + runtime.socket + ")");
    }
  }
  const auto count = std::ranges::count_if(
      inventory.containers, [](const Container& container) { return !container.is_sandbox; });
  unresolved.searched = " among " + std::to_string(count) + " containers of " +
                        (asked.empty() ? "the cgroups (no runtime answers)" : Join(asked));
  return unresolved;
}

Error Unresolved::ToError() const {
  Error error{.kind = ErrorKind::kInput, .tried = "find", .on = written};
  if (why == Why::kAmbiguous) {
    error.tried = "tell which is meant by";
    error.reason = "it may be " + Join(candidates);
    error.remedy = "name one of them";
    return error;
  }
  error.reason = searched;
  if (!unasked.empty()) error.reason += "; couldn't ask " + Join(unasked);
  error.remedy =
      candidates.empty() ? "podtap ps shows what is there" : "near it: " + Join(candidates);
  return error;
}

std::expected<Resolved, Unresolved> Resolve(const Target& target, const Inventory& inventory,
                                            const cgroup::Tree& tree) {
  const NameResolver names(target, inventory);
  switch (target.kind) {
    case Target::Kind::kAll:
      return names.All();
    case Target::Kind::kWord:
      return names.Word();
    case Target::Kind::kPod:
      return names.NamedPod();
    case Target::Kind::kContainer:
      return names.NamedContainer();
    case Target::Kind::kId:
      return names.Id();
    case Target::Kind::kPid:
      return ResolvePid(target, inventory, tree);
    case Target::Kind::kCgroup:
      return ResolveCgroup(target, inventory, tree);
    case Target::Kind::kUnit:
      return ResolveUnit(target, inventory, tree);
  }
  return names.Word();
}

}  // namespace podtap::container
