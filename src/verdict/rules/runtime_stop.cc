// runtime.stop: the runtime asked with the stop signal, and the container ended within
// its grace period.
//
// Demands: the stop signal's row from a runtime's hand, delivered; and that the
// process ended by it, or by itself after it, with no SIGKILL of the runtime between.
#include "verdict/rules/runtime.h"
#include "verdict/signal.h"
#include "verdict/windows.h"
#include "verdict/wording.h"

namespace podtap::verdict {

std::optional<Finding> RuntimeStop(const Scene& scene) {
  const RuntimeStory story = StoryOf(scene);
  if (story.act != RuntimeAct::kStop) return std::nullopt;
  Finding finding = ByRuntime(scene, story);
  finding.cause = Cause::kRuntimeStop;
  finding.headline = RuntimeActor(scene, finding) + " stopped " + WhatEnded(scene) + " with " +
                     SignalName(scene.sent()->signal) + "; it ended " +
                     Duration(Elapsed(scene.blow->root.at, scene.init.at)) + " later.";
  return finding;
}

}  // namespace podtap::verdict
