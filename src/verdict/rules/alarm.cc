// alarm: a timer of its own.
//
// Demands: SIGALRM, SIGVTALRM or SIGPROF of the kernel (alarm(2) and setitimer(2) send
// without a siginfo of their own, kernel/time/itimer.c), or any signal with si_code
// SI_TIMER (timer_create(2)). The row's sender is whoever was interrupted, and nobody's
// culprit. A process can forge SI_TIMER with rt_sigqueueinfo(2); a row from such a call
// is left to the rules about senders, as likely.
#include "verdict/culprit.h"
#include "verdict/rules/rule.h"
#include "verdict/signal.h"

namespace podtap::verdict {
namespace {

constexpr int32_t kSiTimer = -2;

bool IsTimer(const store::SignalSent& sent) {
  using Info = store::SignalSent::Info;
  if (sent.info == Info::kReal) return sent.code == kSiTimer && !InKillCall(sent);
  return sent.info == Info::kKernel &&
         (sent.signal == kSigAlrm || sent.signal == kSigVtalrm || sent.signal == kSigProf);
}

}  // namespace

std::optional<Finding> Alarm(const Scene& scene) {
  if (!scene.blow || !IsTimer(*scene.sent())) return std::nullopt;
  const store::SignalSent& sent = *scene.sent();
  Finding finding;
  finding.cause = Cause::kAlarm;
  const std::string name = SignalName(sent.signal);
  finding.headline = "A timer of " + scene.subject_name() + " ran out (" + name + ")" +
                     (scene.blow->taken ? ", and it exited." : ", which nobody handled.");
  finding.culprit =
      MakeCulprit(scene.view, Culprit::Kind::kSelf, scene.subject.end.process, nullptr);
  finding.culprit->flags.clear();
  finding.chain.push_back({.text = "a timer of " + scene.subject_name() + " ran out",
                           .process = sent.target,
                           .row = scene.blow->root.row});
  finding.evidence.push_back(scene.blow->root.row);
  finding.next_steps.push_back(
      "it, or what started it, set the timer: alarm(), setitimer(), timer_create(); an alarm "
      "stays through exec");
  return finding;
}

}  // namespace podtap::verdict
