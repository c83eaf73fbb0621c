// unknown: what was missing.
//
// The last rule; it says what is known all the same, and what would have told more.
#include "verdict/blow.h"
#include "verdict/rules/rule.h"
#include "verdict/rules/sender.h"
#include "verdict/rules/told.h"
#include "verdict/signal.h"
#include "verdict/wording.h"

namespace podtap::verdict {
namespace {

// Who can be ruled out, in a clause.
std::string Excluded(const Scene& scene) {
  std::vector<std::string> names;
  if (NoRuntimeSignal(scene)) names.push_back(RuntimeLabel(scene.death().container.runtime));
  if (ShownCode(scene) == 128 + kSigKill && NoOomKill(scene)) {
    names.emplace_back("the kernel's OOM killer");
  }
  if (names.empty()) return "";
  return "; it was not " + names[0] + (names.size() > 1 ? ", nor " + names[1] : "");
}

// Of a death that nobody watched: by its exit code, as the runtime tells it.
std::string ToldHeadline(const Scene& scene) {
  const std::string name = ContainerName(scene.death().container);
  const std::optional<int32_t> code = ShownCode(scene);
  const int32_t signal = code ? SignalOfExitCode(*code) : 0;
  if (signal == 0 || scene.death().asked.empty()) return "What ended " + name + " is not known.";
  return "What ended " + name + " with code " + std::to_string(*code) + ", " + SignalName(signal) +
         ", is not known" + Excluded(scene) + ".";
}

void SayWhatIsMissing(const Scene& scene, Finding& finding) {
  const End& end = scene.subject.end;
  const auto& runtime = scene.death().runtime_exit;
  if (!end.status) {
    finding.gaps.emplace_back("The kernel's word about its end was not seen.");
    if (runtime && runtime->oom_killed && !NoOomKill(scene)) {
      finding.gaps.emplace_back(
          "The runtime says OOMKilled; it says so of a child's end too, and "
          "sometimes wrongly.");
    }
  } else if (end.signal() != 0 && !scene.blow) {
    finding.gaps.push_back("Who sent " + SignalName(end.signal()) + " was not seen.");
  }
  if (!scene.death().watched) {
    finding.gaps.emplace_back("The kernel was not watched when it happened.");
    if (!NoOomKill(scene)) {
      finding.next_steps.emplace_back(
          "see whether memory ran out: journalctl -k | grep -i 'killed "
          "process'");
    }
    finding.next_steps.push_back(CatchStep(scene.death().container));
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
    const bool nobody = !FromKernel(*scene.sent()) && !scene.sent()->sender.known();
    finding.headline = "Why " + link.text + " is not known.";
    if (nobody) {
      finding.headline = "Who sent " + SignalName(scene.sent()->signal) + " to " +
                         scene.view.Name(scene.sent()->target) + " is not known.";
      finding.gaps.emplace_back("The record of the signal doesn't tell its sender.");
    }
    finding.chain.push_back(link);
    finding.evidence.push_back(scene.blow->root.row);
    AddKernelHints(scene, finding);
  } else if (end.signal() != 0) {
    finding.headline = "Who or what sent " + SignalName(end.signal()) + " to " +
                       scene.subject_name() + " is not known.";
  } else {
    finding.headline = ToldHeadline(scene);
  }
  SayWhatIsMissing(scene, finding);
  return finding;
}

}  // namespace podtap::verdict
