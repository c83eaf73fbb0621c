// runtime.stop.timeout: the runtime asked, the grace period passed, the runtime killed.
//
// Demands: a stop signal's row and then SIGKILL's, both from a runtime's hand, to the
// same process.
#include "verdict/rules/runtime_stop_timeout.h"

#include "verdict/rules/runtime.h"
#include "verdict/signal.h"
#include "verdict/wording.h"

namespace podtap::verdict {

void AddTimeoutSteps(const Scene& scene, const Signal& asked, std::vector<std::string>& steps) {
  const std::string signal = SignalName(asked->signal);
  if (asked->result == store::SignalSent::Result::kIgnored && asked->unkillable &&
      asked->action == store::SignalSent::Action::kDefault) {
    steps.insert(steps.begin(),
                 scene.view.Name(asked->target) + " has no handler for " + signal +
                     " and, as a namespace's first process, never gets it: handle it, or start "
                     "it below an init (tini)");
    return;
  }
  if (asked->result == store::SignalSent::Result::kIgnored) {
    steps.insert(steps.begin(), scene.view.Name(asked->target) + " ignores " + signal);
    return;
  }
  steps.insert(steps.begin(), scene.view.Name(asked->target) + " got " + signal +
                                  " and did not end in time: end sooner, or give it a longer "
                                  "grace period (docker stop -t, "
                                  "terminationGracePeriodSeconds)");
}

std::optional<Finding> RuntimeStopTimeout(const Scene& scene) {
  const RuntimeStory story = StoryOf(scene);
  if (story.act != RuntimeAct::kStopTimeout) return std::nullopt;
  Finding finding = ByRuntime(scene, story);
  finding.cause = Cause::kRuntimeStopTimeout;
  finding.headline = RuntimeActor(scene, finding) + " killed " + WhatEnded(scene) +
                     ": it had not ended " +
                     Duration(Elapsed(story.asked->at, scene.blow->root.at)) + " after " +
                     SignalName((*story.asked)->signal) + ".";
  AddTimeoutSteps(scene, *story.asked, finding.next_steps);
  return finding;
}

}  // namespace podtap::verdict
