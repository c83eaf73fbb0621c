// killed.broadcast: one call that hit many.
//
// Demands: kill(2) with -1, 0 or a process group as its target. Where the call isn't
// known: one thread that sent this signal to itself and to others in one burst, and
// then it is only likely.
#include <algorithm>

#include "verdict/rules/sender.h"
#include "verdict/windows.h"

namespace podtap::verdict {
namespace {

constexpr int32_t kKill = 62;

// Everybody who got it from the same call.
std::vector<store::ProcessKey> Hit(const Scene& scene) {
  const Signal& root = scene.blow->root;
  std::vector<store::ProcessKey> hit;
  for (const Signal& other : scene.view.All<store::SignalSent>()) {
    const int64_t apart = Elapsed(root.at, other.at);
    if (apart < -2 * kMillisecond || apart > 2 * kMillisecond) continue;
    if (other->signal != root->signal || other->sender_tid != root->sender_tid ||
        other->sender != root->sender || other->call != root->call ||
        other->call_arg != root->call_arg) {
      continue;
    }
    if (std::ranges::find(hit, other->target) == hit.end()) hit.push_back(other->target);
  }
  return hit;
}

std::string CallText(const Scene& scene) {
  const store::SignalSent& sent = *scene.sent();
  if (sent.call != kKill) return "one burst of " + SignalName(sent.signal);
  return "kill(" + std::to_string(sent.call_arg) + ", " + SignalName(sent.signal) + ")";
}

std::string_view Reach(const store::SignalSent& sent) {
  if (sent.call != kKill) return "itself and others";
  if (sent.call_arg == -1) return "every process that it may signal";
  return sent.call_arg == 0 ? "its own process group" : "a whole process group";
}

}  // namespace

std::optional<Finding> KilledBroadcast(const Scene& scene) {
  if (!SomebodySent(scene)) return std::nullopt;
  const store::SignalSent& sent = *scene.sent();
  const std::vector<store::ProcessKey> hit = Hit(scene);
  const bool wide_call = sent.call == kKill && sent.call_arg <= 0;
  const bool burst =
      sent.call < 0 && hit.size() > 2 && std::ranges::find(hit, sent.sender) != hit.end();
  if (!wide_call && !burst) return std::nullopt;
  Finding finding = SentBy(scene, Cause::kKilledBroadcast);
  if (burst) {
    finding.confidence = Confidence::kLikely;
    finding.gaps.emplace_back("Which system call sent it is not known.");
  }
  finding.headline = Actor(scene) + " hit " + std::string(Reach(sent)) + " with " +
                     CallText(scene) + ", among them " + scene.view.Name(sent.target) + ".";
  finding.next_steps.insert(finding.next_steps.begin(), "find the " + CallText(scene) + " in " +
                                                            scene.view.Comm(sent.sender) +
                                                            ": it should name one process");
  return finding;
}

}  // namespace podtap::verdict
