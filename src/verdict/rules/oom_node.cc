// oom.node: the node ran out of memory.
//
// Demands: what FindOom does, and that no memory cgroup above the victim had reached
// its limit: none locked, none with a new oom event, none full. An absence, so any gap
// weakens it.
#include "verdict/rules/oom.h"

namespace podtap::verdict {

std::optional<Finding> OomNode(const Scene& scene) {
  const std::optional<Oom> oom = FindOom(scene);
  if (!oom || oom->scope != OomScope::kNode) return std::nullopt;
  Finding finding = ByOomKiller(scene, *oom, Cause::kOomNode, LimitReached(scene, *oom));
  finding.by_absence = true;
  const int32_t adj = oom->kill->score_adj;
  finding.next_steps.emplace_back(
      "see what held the memory: journalctl -k | grep -A 60 'invoked "
      "oom-killer' (the table of tasks)");
  finding.next_steps.push_back(
      adj >= 900 ? "oom_score_adj was " + std::to_string(adj) +
                       " (best effort): give the pod memory requests, so that others go first"
                 : "oom_score_adj was " + std::to_string(adj) +
                       "; give the node memory, or its containers limits");
  return finding;
}

}  // namespace podtap::verdict
