// WatchList: whether a container is one of those that were asked for.
//
// What enters: targets, and containers as they become known. A container that follows
// another (a restart by the kubelet has a new id) is meant when the one before was.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "cgroup/tree.h"
#include "container/resolve.h"

namespace podtap::cli {

enum class Meant : uint8_t {
  kNo,
  kYes,
  kNotKnownYet,  // its name isn't known, and some target is a name
};

class WatchList {
 public:
  explicit WatchList(std::vector<container::Target> targets) : targets_(std::move(targets)) {}

  // A container that a target was resolved to.
  void Add(const container::Container& container);
  // `known`: its runtime has told of it.
  Meant Decide(const container::Container& container, bool known, const cgroup::Tree& tree);

 private:
  bool Matches(const container::Container& container, const cgroup::Tree& tree) const;

  std::vector<container::Target> targets_;
  std::set<std::string> ids_;
  std::set<std::string> names_;  // "namespace/pod/container" or a container's own
};

}  // namespace podtap::cli
