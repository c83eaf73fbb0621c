// killed.self: it sent itself the signal that ended it.
//
// Demands: the signal's row, sender and target the same process, and nobody else's
// signal of the same number that it handled before (blow.cc follows that one).
// SIGABRT from itself is `abort`.
#include "verdict/rules/sender.h"
#include "verdict/signal.h"

namespace podtap::verdict {

std::optional<Finding> KilledSelf(const Scene& scene) {
  if (!SomebodySent(scene) || !Same(scene.sent()->sender, scene.sent()->target)) {
    return std::nullopt;
  }
  if (!Same(scene.sent()->target, scene.subject.end.process)) return std::nullopt;
  Finding finding = SentBy(scene, Cause::kKilledSelf);
  finding.culprit->kind = Culprit::Kind::kSelf;
  finding.headline =
      scene.subject_name() + " ended itself with " + SignalName(scene.sent()->signal) + ".";
  finding.next_steps = {"read its last log lines: it chose to end this way"};
  return finding;
}

}  // namespace podtap::verdict
