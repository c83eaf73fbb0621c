// killed.cgroup: a write to the cgroup's cgroup.kill.
//
// Demands: SIGKILL with no siginfo, to one thread, from a process that isn't ending.
// Only __cgroup_kill() in the kernel sends so (kernel/cgroup/cgroup.c, Linux 5.14 and
// later); a write(2) in progress confirms it. A runtime's write is `runtime.kill`.
#include "verdict/rules/cgroup_kill.h"
#include "verdict/rules/sender.h"
#include "verdict/signal.h"
#include "verdict/wording.h"

namespace podtap::verdict {
namespace {

constexpr int32_t kWrite = 1;

}  // namespace

bool IsCgroupKill(const store::SignalSent& sent) {
  return sent.info == store::SignalSent::Info::kNone && sent.signal == kSigKill && !sent.to_group &&
         !sent.sender_exiting;
}

std::optional<Finding> KilledCgroup(const Scene& scene) {
  if (!SomebodySent(scene) || !IsCgroupKill(*scene.sent())) return std::nullopt;
  Finding finding = SentBy(scene, Cause::kKilledCgroup);
  const store::SignalSent& sent = *scene.sent();
  for (const auto& changed : scene.view.All<store::CgroupChanged>()) {
    if (changed->what == store::CgroupChanged::What::kKillWritten &&
        Same(changed->by, sent.sender)) {
      finding.evidence.push_back(changed.row);
    }
  }
  if (sent.call >= 0 && sent.call != kWrite && finding.evidence.size() < 2) {
    finding.confidence = Confidence::kLikely;
    finding.gaps.emplace_back("The write to cgroup.kill itself was not seen.");
  }
  finding.headline = Actor(scene) + " killed " + scene.view.Name(sent.target) +
                     " by a write to its cgroup's cgroup.kill.";
  return finding;
}

}  // namespace podtap::verdict
