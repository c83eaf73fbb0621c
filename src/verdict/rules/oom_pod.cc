// oom.pod: the memory limit of the pod, or of another cgroup above the container, ran
// out.
//
// Demands: what FindOom does, and that the topmost level whose limit ran out lies above
// the container's cgroup.
#include "verdict/rules/oom.h"
#include "verdict/wording.h"

namespace podtap::verdict {

std::optional<Finding> OomPod(const Scene& scene) {
  const std::optional<Oom> oom = FindOom(scene);
  if (!oom || oom->scope != OomScope::kUpper) return std::nullopt;
  Finding finding = ByOomKiller(scene, *oom, Cause::kOomPod, LimitReached(scene, *oom));
  const store::OomKill& kill = *oom->kill.fact;
  if (!kill.levels.empty() && &kill.levels.front() != oom->level) {
    finding.next_steps.push_back("see who holds the memory below " + oom->level->path +
                                 ": this container held " + Bytes(kill.levels.front().usage));
  }
  if (oom->group && oom->victims.size() > 1) {
    finding.chain.push_back({.text = "memory.oom.group=1: the kernel killed the whole container",
                             .process = kill.victim,
                             .row = oom->kill.row});
  }
  return finding;
}

}  // namespace podtap::verdict
