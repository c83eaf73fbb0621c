// Target → the containers that it names, among those of an inventory.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "cgroup/tree.h"
#include "container/inventory.h"
#include "container/target.h"

namespace podtap::container {

struct Resolved {
  // In the inventory's order; sandboxes and earlier attempts only when named by id. Empty:
  // a pod that has no container yet, or --all where nothing is.
  std::vector<Container> containers;
  // The pod that was named; its sandbox is known even before its containers are.
  std::optional<Pod> pod;
  // pid:N: the process itself, whatever it is in.
  int32_t pid = 0;
  // The target is no container: what stands in `containers` is a stand-in with its name
  // ("pid:7942", "cgroup:/x", "unit:cron.service") and cgroup.
  bool stand_in = false;
};

struct Unresolved {
  enum class Why : uint8_t { kNotFound, kAmbiguous };
  Why why = Why::kNotFound;
  std::string written;
  std::string searched;  // "no pod, container or id of that name among 5 containers of …"
  // kAmbiguous: each names one of the candidates, as a target. kNotFound: names that are
  // near.
  std::vector<std::string> candidates;
  // Runtimes that couldn't be asked: it may be theirs.
  std::vector<std::string> unasked;

  // One line for the operator, of kind kInput.
  Error ToError() const;
};

std::expected<Resolved, Unresolved> Resolve(const Target& target, const Inventory& inventory,
                                            const cgroup::Tree& tree);

}  // namespace podtap::container
