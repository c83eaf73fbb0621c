#include "cli/system_node.h"

#include "cgroup/memory.h"
#include "cgroup/path.h"
#include "cgroup/walk.h"

namespace podtap::cli {

std::optional<store::Process> SystemNode::ReadProcess(const store::ProcessKey& key) {
  std::optional<store::Process> process = proc_.Read(key);
  if (!process) return process;
  auto membership = tree_->OfProcess(key.pid.value);
  if (!membership) return process;
  process->cgroup_path = std::move(membership->ids);
  if (const auto id = tree_->Id(process->cgroup_path)) process->cgroup = *id;
  return process;
}

std::vector<recorder::Node::Cgroup> SystemNode::Cgroups() {
  std::vector<Cgroup> found;
  if (const auto id = tree_->Id("/")) found.push_back({*id, "/"});
  auto census = cgroup::WalkTree(*tree_, cgroup::Hierarchy::kIds, "/");
  if (!census) return found;
  for (cgroup::Cgroup& cgroup : census->cgroups) {
    found.push_back({cgroup.id, std::move(cgroup.path)});
  }
  return found;
}

std::vector<int32_t> SystemNode::ProcessesIn(const std::string& cgroup_path) {
  auto pids = cgroup::PidsOf(*tree_, cgroup_path);
  return pids ? std::move(pids->pids) : std::vector<int32_t>();
}

// The outermost container is the host's own word; what is inside of it is a claim.
recorder::Membership SystemNode::MembershipOf(std::string_view cgroup_path) {
  cgroup::PathInfo info = cgroup::ParsePath(cgroup_path);
  recorder::Membership membership;
  membership.unit = std::move(info.user_unit.empty() ? info.unit : info.user_unit);
  if (info.containers.empty()) {
    membership.pod_uid = std::move(info.pod_uid);
    return membership;
  }
  cgroup::PathContainer& outermost = info.containers.front();
  membership.runtime = outermost.runtime;
  membership.container = {std::move(outermost.id)};
  membership.container_path = std::move(outermost.path);
  membership.pod_uid = std::move(outermost.pod_uid);
  return membership;
}

std::optional<store::MemoryCounters> SystemNode::Memory(const std::string& cgroup_path) {
  const auto memory = cgroup::ReadMemory(*tree_, cgroup_path);
  if (!memory) return std::nullopt;
  store::MemoryCounters counters;
  counters.cgroup_path = cgroup_path;
  counters.usage = memory->usage.value_or(0);
  counters.limit = memory->limit.value_or(UINT64_MAX);
  counters.peak = memory->peak.value_or(0);
  counters.ooms = memory->events.oom;
  counters.ooms_local = memory->local.oom;
  counters.oom_kills = memory->events.oom_kill ? memory->events.oom_kill : memory->local.oom_kill;
  return counters;
}

}  // namespace podtap::cli
