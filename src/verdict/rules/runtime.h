// What the rules about a container runtime share.
#pragma once

#include "verdict/clients.h"
#include "verdict/rules/rule.h"

namespace podtap::verdict {

// How a runtime ended the container, by its signals.
struct RuntimeStory {
  RuntimeAct act = RuntimeAct::kNone;
  std::optional<Signal> asked;  // the stop signal that came before a SIGKILL
};
RuntimeStory StoryOf(const Scene& scene);
// The last stop signal that a runtime sent to the blow's target before the blow.
std::optional<Signal> AskedBefore(const Scene& scene);

// The runtime as the culprit, who asked it, chain and evidence. The headline is left
// to the rule.
Finding ByRuntime(const Scene& scene, const RuntimeStory& story);
// "Docker, asked by docker(311) of alice,", "containerd, asked by the kubelet,".
std::string RuntimeActor(const Scene& scene, const Finding& finding);
// "container web"; the process, when what was watched is no container.
std::string WhatEnded(const Scene& scene);
void AddContainerSteps(const Scene& scene, std::vector<std::string>& steps);

}  // namespace podtap::verdict
