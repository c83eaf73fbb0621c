#include "verdict/rules/terminal.h"

#include <algorithm>

#include "verdict/culprit.h"

namespace podtap::verdict {

bool FromTerminal(const Scene& scene, std::initializer_list<int32_t> signals) {
  if (!scene.blow) return false;
  const store::SignalSent& sent = *scene.sent();
  return sent.info == store::SignalSent::Info::kKernel && sent.to_group &&
         std::ranges::find(signals, sent.signal) != signals.end();
}

Finding ByTerminal(const Scene& scene, Cause cause, const std::string& what) {
  const store::SignalSent& sent = *scene.sent();
  Finding finding;
  finding.cause = cause;
  finding.culprit = KernelCulprit();
  finding.headline = what + "; " + SignalName(sent.signal) + " ended " + scene.subject_name() + ".";
  finding.chain.push_back({.text = "the terminal of " + scene.view.Name(sent.target) + " sent " +
                                   SignalName(sent.signal),
                           .process = sent.target,
                           .row = scene.blow->root.row});
  finding.evidence.push_back(scene.blow->root.row);
  if (Same(sent.sender, sent.target) && !sent.sender_exiting) {
    finding.confidence = Confidence::kLikely;
    finding.gaps.emplace_back("A BPF program (bpf_send_signal) could have sent it, too.");
  }
  return finding;
}

}  // namespace podtap::verdict
