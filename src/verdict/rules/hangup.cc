// hangup: SIGHUP from a terminal.
//
// Demands: the kernel's own SIGHUP. It comes when the other end of the terminal is
// closed, and when the session's leader ends, who then is the row's exiting sender.
#include "verdict/rules/terminal.h"
#include "verdict/signal.h"

namespace podtap::verdict {

std::optional<Finding> Hangup(const Scene& scene) {
  if (!FromTerminal(scene, {kSigHup})) return std::nullopt;
  const store::SignalSent& sent = *scene.sent();
  std::string what = "The terminal of " + scene.view.Name(sent.target) + " was hung up";
  if (sent.sender_exiting && !Same(sent.sender, sent.target)) {
    what += " when its session's leader " + scene.view.Name(sent.sender) + " ended";
  }
  Finding finding = ByTerminal(scene, Cause::kHangup, what);
  finding.next_steps.emplace_back(
      "run it without a terminal (docker run -d, no -t), or with nohup "
      "or setsid");
  return finding;
}

}  // namespace podtap::verdict
