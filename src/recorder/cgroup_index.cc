#include "recorder/cgroup_index.h"

namespace podtap::recorder {

void CgroupIndex::Prime() {
  for (Node::Cgroup& cgroup : node_.Cgroups()) {
    paths_.try_emplace(cgroup.id.value, std::move(cgroup.path));
  }
}

void CgroupIndex::OnMade(cgroup::CgroupId id, const std::string& path) { paths_[id.value] = path; }

void CgroupIndex::OnRemoved(cgroup::CgroupId id) {
  if (!paths_.contains(id.value)) return;
  removed_.push_back(id.value);
  if (removed_.size() <= kRemovedKept) return;
  paths_.erase(removed_.front());
  removed_.pop_front();
}

const std::string& CgroupIndex::Path(cgroup::CgroupId id, BootNs now) {
  static const std::string kUnknown;
  if (id.value == 0) return kUnknown;
  auto found = paths_.find(id.value);
  if (found == paths_.end() && now.value - scanned_ns_ >= kRescanNs) {
    scanned_ns_ = now.value;
    Prime();
    found = paths_.find(id.value);
  }
  return found == paths_.end() ? kUnknown : found->second;
}

}  // namespace podtap::recorder
