// oom.group: the container's limit ran out and memory.oom.group took the whole of it.
//
// Demands: what FindOom does, memory.oom.group at or below the limit, and at least two
// victims in the container. Kubernetes 1.28 sets it for every container.
#include "verdict/rules/oom.h"

namespace podtap::verdict {

std::optional<Finding> OomGroup(const Scene& scene) {
  const std::optional<Oom> oom = FindOom(scene);
  if (!oom || oom->scope != OomScope::kContainer || !oom->group || oom->victims.size() < 2) {
    return std::nullopt;
  }
  Finding finding = ByOomKiller(scene, *oom, Cause::kOomGroup, LimitReached(scene, *oom));
  finding.headline =
      "The kernel's OOM killer ended all " + std::to_string(oom->victims.size()) +
      " processes of the container (memory.oom.group=1): " + LimitReached(scene, *oom) + ".";
  finding.evidence.insert(finding.evidence.end(), oom->victims.begin(), oom->victims.end());
  finding.next_steps.emplace_back(
      "to lose only the process that grew, turn memory.oom.group off (Kubernetes 1.32: the "
      "kubelet's singleProcessOOMKill)");
  return finding;
}

}  // namespace podtap::verdict
