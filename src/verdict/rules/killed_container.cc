// killed.container: a process of another container sent it.
//
// Demands: the signal's row, and the container that the sender was in.
#include "verdict/rules/sender.h"

namespace podtap::verdict {

std::optional<Finding> KilledContainer(const Scene& scene) {
  if (!SomebodySent(scene) || SenderPlace(scene) != Place::kOther) return std::nullopt;
  return SentBy(scene, Cause::kKilledContainer);
}

}  // namespace podtap::verdict
