// sigpipe: it wrote to a pipe or socket that nobody reads any more.
//
// Demands: SIGPIPE without siginfo, to the thread that wrote (fs/pipe.c, net/core/
// stream.c: send_sig(SIGPIPE, current, 0)). One that kill(2) sent has a siginfo.
#include "verdict/rules/own_act.h"
#include "verdict/signal.h"

namespace podtap::verdict {

std::optional<Finding> Sigpipe(const Scene& scene) {
  if (!scene.blow || scene.sent()->signal != kSigPipe ||
      !RaisedForItself(*scene.sent(), store::SignalSent::Info::kNone)) {
    return std::nullopt;
  }
  Finding finding = ByOwnAct(scene, Cause::kSigpipe,
                             "wrote to a pipe or socket that nobody reads any more (SIGPIPE)");
  finding.next_steps.emplace_back(
      "ignore SIGPIPE in a server and look at write's error; or find "
      "what its reader was (a log collector, a client) and why it "
      "went");
  return finding;
}

}  // namespace podtap::verdict
