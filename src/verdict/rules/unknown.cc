// unknown: what was missing.
//
// The last rule; it says what is known all the same, and what would have told more.
#include "verdict/rules/rule.h"
#include "verdict/rules/sender.h"
#include "verdict/signal.h"
#include "verdict/wording.h"

namespace podtap::verdict {
namespace {

// As podtap's targets are written.
std::string WatchTarget(const container::Container& container) {
  const container::Pod& pod = container.pod;
  if (pod.name.empty()) {
    return container.name.empty() ? container.id.value.substr(0, 12) : container.name;
  }
  if (pod.ns.empty()) return pod.name;
  return pod.ns + "/" + pod.name + (container.name.empty() ? "" : "/" + container.name);
}

void SayWhatIsMissing(const Scene& scene, Finding& finding) {
  const End& end = scene.subject.end;
  const auto& runtime = scene.death().runtime_exit;
  if (!end.status) {
    finding.gaps.emplace_back("The kernel's word about its end was not seen.");
    if (runtime && runtime->oom_killed) {
      finding.gaps.emplace_back(
          "The runtime says OOMKilled; it says so of a child's end too, and "
          "sometimes wrongly.");
    }
  } else if (end.signal() != 0 && !scene.blow) {
    finding.gaps.push_back("Who sent " + SignalName(end.signal()) + " was not seen.");
  }
  if (!scene.death().watched) {
    finding.gaps.emplace_back("The kernel was not watched when it happened.");
    finding.next_steps.emplace_back(
        "see whether memory ran out: journalctl -k | grep -i 'killed "
        "process'");
    finding.next_steps.push_back("catch it the next time: podtap watch " +
                                 ShellWord(WatchTarget(scene.death().container)));
  }
}

// What the kernel's own signals look like that no rule explains.
void AddKernelHints(const Scene& scene, Finding& finding) {
  const store::SignalSent& sent = *scene.sent();
  if (sent.info != store::SignalSent::Info::kKernel) return;
  if (sent.sender_exiting && !sent.to_group && !Same(sent.sender, sent.target)) {
    finding.gaps.push_back("A tracer's end looks so (PTRACE_O_EXITKILL): " +
                           scene.view.Name(sent.sender) + " was ending.");
  } else if (Same(sent.sender, sent.target)) {
    finding.gaps.emplace_back("A security sensor's BPF program kills so (bpf_send_signal).");
    finding.next_steps.emplace_back(
        "see which BPF programs there are: bpftool prog; is Tetragon, "
        "Falco or another sensor on the node?");
  }
}

}  // namespace

std::optional<Finding> NotKnown(const Scene& scene) {
  Finding finding;
  finding.cause = Cause::kUnknown;
  finding.confidence = Confidence::kUnknown;
  const End& end = scene.subject.end;
  if (scene.blow) {
    const Link link = SentLink(scene.view, scene.blow->root);
    finding.headline = "Why " + link.text + " is not known.";
    finding.chain.push_back(link);
    finding.evidence.push_back(scene.blow->root.row);
    AddKernelHints(scene, finding);
  } else if (end.signal() != 0) {
    finding.headline = "Who or what sent " + SignalName(end.signal()) + " to " +
                       scene.subject_name() + " is not known.";
  } else {
    finding.headline = "What ended " + ContainerName(scene.death().container) + " is not known.";
  }
  SayWhatIsMissing(scene, finding);
  return finding;
}

}  // namespace podtap::verdict
