// Cgroup ids → paths, kept up with the kernel's events.
//
// What enters: all cgroups at the start, then each that comes or goes. What leaves:
// the path of an id. A cgroup that was removed keeps its path for a while: events of
// its last processes come after it.
#pragma once

#include <deque>
#include <string>
#include <unordered_map>

#include "recorder/node.h"

namespace podtap::recorder {

class CgroupIndex {
 public:
  explicit CgroupIndex(Node& node) : node_(node) {}

  void Prime();
  void OnMade(cgroup::CgroupId id, const std::string& path);
  void OnRemoved(cgroup::CgroupId id);

  // Empty: nobody knows it. A first miss looks at the whole hierarchy again, at most
  // once a second of `now`.
  const std::string& Path(cgroup::CgroupId id, BootNs now);
  size_t size() const { return paths_.size(); }

 private:
  static constexpr size_t kRemovedKept = 4096;
  static constexpr int64_t kRescanNs = 1'000'000'000;

  Node& node_;
  std::unordered_map<uint64_t, std::string> paths_;
  std::deque<uint64_t> removed_;
  int64_t scanned_ns_ = INT64_MIN / 2;
};

}  // namespace podtap::recorder
