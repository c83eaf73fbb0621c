// killed.host: a process outside every container sent it.
//
// Demands: the signal's row, and that the sender's cgroup was looked up and is no
// container's. A sender of which nobody knows where it ran is told as likely.
#include "verdict/rules/sender.h"

namespace podtap::verdict {

std::optional<Finding> KilledHost(const Scene& scene) {
  if (!SomebodySent(scene)) return std::nullopt;
  const Place place = SenderPlace(scene);
  if (place != Place::kHost && place != Place::kUnknown) return std::nullopt;
  Finding finding = SentBy(scene, Cause::kKilledHost);
  if (place == Place::kUnknown) {
    finding.confidence = Confidence::kLikely;
    finding.gaps.push_back("Whether " + scene.view.Name(scene.sent()->sender) +
                           " ran in a container is not known.");
  }
  return finding;
}

}  // namespace podtap::verdict
