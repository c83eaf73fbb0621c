// Inventory: all containers of the node at one moment.
//
// What enters: the runtimes and the node's cgroups. What leaves: every container that any
// of them knows, with its cgroup, and which runtimes couldn't be asked.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "cgroup/tree.h"
#include "container/container.h"
#include "container/deadline.h"
#include "container/endpoint.h"

namespace podtap::container {

// What became of asking one runtime.
struct RuntimeReport {
  RuntimeKind kind = RuntimeKind::kUnknown;
  std::string version;
  std::string socket;
  size_t containers = 0;  // sandboxes not counted
  int64_t took_us = 0;
  // It couldn't be asked, or didn't answer; its containers are here only as far as the
  // cgroups tell.
  std::optional<Error> problem;
  // A containerd without the CRI, at a well-known place: Docker's own, as a rule.
  bool no_cri = false;
};

struct Inventory {
  // Sorted by namespace, pod, name and birth. Sandboxes are among them, and earlier
  // attempts of containers that the kubelet has started again.
  std::vector<Container> containers;
  std::vector<RuntimeReport> runtimes;
  std::vector<std::string> looked_at;  // sockets, there or not
  bool all_cgroups = true;             // all cgroups of the node could be looked at

  // By its full id; nullptr: not here.
  const Container* Find(const std::string& id) const;
  // A later attempt of the same container of the same pod is here.
  bool IsSuperseded(const Container& container) const;
};

// Containers that no runtime told of, as far as their cgroups tell: of a runtime that didn't
// answer or isn't known; or always, also beside runtimes that the user named.
enum class Unlisted : uint8_t { kOfTheMissing, kAlways };

// Asks all runtimes at the same time; none can hold it up beyond the deadline.
Inventory TakeInventory(const Runtimes& runtimes, const cgroup::Tree& tree, Deadline deadline,
                        Unlisted unlisted = Unlisted::kOfTheMissing);

}  // namespace podtap::container
