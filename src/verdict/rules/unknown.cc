// unknown: what was missing.
//
// The last rule; it says what is known all the same, and what would have told more.
#include "verdict/rules/rule.h"
#include "verdict/rules/sender.h"
#include "verdict/signal.h"
#include "verdict/wording.h"

namespace podtap::verdict {
namespace {

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
    finding.next_steps.emplace_back("catch it the next time: podtap watch " +
                                    ShellWord(scene.death().container.name));
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
