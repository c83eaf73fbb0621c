// pidns.teardown: its pid namespace's first process ended before it.
//
// Demands: the kernel's SIGKILL to the process, whose row has the namespace's exiting
// first process as its sender (kernel/pid_namespace.c, zap_pid_ns_processes). judge.cc
// goes on to why that one ended, where it can be told.
#include "verdict/rules/pidns_teardown.h"

#include "verdict/culprit.h"
#include "verdict/rules/links.h"
#include "verdict/signal.h"

namespace podtap::verdict {

bool IsTeardown(const View& view, const store::SignalSent& sent) {
  if (sent.info != store::SignalSent::Info::kKernel || sent.signal != kSigKill) return false;
  if (!sent.sender_exiting || !sent.to_group || Same(sent.sender, sent.target)) return false;
  const store::Process* sender = view.Find(sent.sender);
  return sender != nullptr && sender->ns_pid == 1;
}

std::optional<Finding> PidnsTeardown(const Scene& scene) {
  if (!scene.blow || !IsTeardown(scene.view, *scene.sent())) return std::nullopt;
  const View& view = scene.view;
  const store::SignalSent& sent = *scene.sent();
  const std::string first = view.Name(sent.sender);
  Finding finding;
  finding.cause = Cause::kPidnsTeardown;
  finding.culprit = MakeCulprit(view, Culprit::Kind::kProcess, sent.sender, &sent);
  finding.culprit->flags.clear();
  finding.headline = view.Name(sent.target) + " went with its pid namespace: " + first +
                     ", the namespace's first process, had ended.";
  if (const std::optional<End> ended = EndOfProcess(view, sent.sender)) {
    finding.chain.push_back(EndLink(view, *ended));
    if (ended->row) finding.evidence.push_back(*ended->row);
  }
  finding.chain.push_back({.text = "the kernel ended all processes of its pid namespace",
                           .process = sent.target,
                           .row = scene.blow->root.row});
  finding.evidence.push_back(scene.blow->root.row);
  finding.next_steps.push_back("see why " + first + " ended: it is the one to explain");
  return finding;
}

}  // namespace podtap::verdict
