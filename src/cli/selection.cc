#include "cli/selection.h"

#include <algorithm>
#include <set>

#include "base/escape.h"
#include "container/resolve.h"

namespace podtap::cli {

using container::Container;
using container::Inventory;
using container::Target;

Result<std::vector<Target>> ParseTargets(const std::vector<std::string>& texts) {
  std::vector<Target> targets;
  for (const std::string& text : texts) {
    auto target = container::ParseTarget(text);
    if (!target) return std::unexpected(std::move(target.error()));
    targets.push_back(std::move(*target));
  }
  return targets;
}

Selection Select(const std::vector<Target>& targets, const Inventory& inventory,
                 const cgroup::Tree& tree) {
  Selection selection;
  std::set<std::string> seen;
  for (const Target& target : targets) {
    const auto resolved = container::Resolve(target, inventory, tree);
    if (!resolved) {
      selection.unresolved.push_back(target);
      selection.errors.push_back(resolved.error().ToError());
      continue;
    }
    for (const Container& one : resolved->containers) {
      const std::string key = one.id.value.empty() ? one.name : one.id.value;
      if (seen.insert(key).second) selection.containers.push_back(one);
    }
    if (resolved->containers.empty() && resolved->pod) {
      selection.empty_pods.push_back(target.written);
    }
  }
  return selection;
}

std::vector<Container> Everything(const Inventory& inventory, bool all) {
  std::vector<Container> selected;
  for (const Container& one : inventory.containers) {
    if (all || (!one.is_sandbox && !inventory.IsSuperseded(one))) selected.push_back(one);
  }
  return selected;
}

std::string NoRuntime(const Inventory& inventory) {
  const bool asked = std::ranges::any_of(
      inventory.runtimes, [](const container::RuntimeReport& runtime) { return !runtime.no_cri; });
  if (asked) return "";
  std::string places;
  for (const std::string& place : inventory.looked_at) {
    places += (places.empty() ? "" : ", ") + Escape(place);
  }
  return "no container runtime was found; looked at " + places +
         "; --runtime-endpoint names another";
}

}  // namespace podtap::cli
