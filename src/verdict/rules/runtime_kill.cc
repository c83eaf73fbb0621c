// runtime.kill: the runtime killed it at once.
//
// Demands: a signal's row from a runtime's hand, SIGKILL with no stop signal before, or
// another signal than the stop signal (`docker kill -s INT`).
#include "verdict/rules/runtime.h"
#include "verdict/signal.h"
#include "verdict/wording.h"

namespace podtap::verdict {

std::optional<Finding> RuntimeKill(const Scene& scene) {
  const RuntimeStory story = StoryOf(scene);
  if (story.act != RuntimeAct::kKill) return std::nullopt;
  Finding finding = ByRuntime(scene, story);
  finding.cause = Cause::kRuntimeKill;
  finding.headline = RuntimeActor(scene, finding) + " killed " + WhatEnded(scene) + " with " +
                     SignalName(scene.sent()->signal) + ", without a stop signal before.";
  return finding;
}

}  // namespace podtap::verdict
