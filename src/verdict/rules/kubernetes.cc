// kubernetes.*: the kubelet's reason for what the runtime did.
//
// Demands: a runtime's hand, as runtime.* do, and the kubelet's own word about this
// container (its journal, its /pods) near the runtime's first signal. No signal ever
// comes from the kubelet itself.
#include <algorithm>
#include <array>

#include "verdict/culprit.h"
#include "verdict/hand.h"
#include "verdict/rules/runtime.h"
#include "verdict/rules/runtime_stop_timeout.h"
#include "verdict/rules/told.h"
#include "verdict/signal.h"
#include "verdict/windows.h"
#include "verdict/wording.h"

namespace podtap::verdict {
namespace {

using Word = Sighting<store::KubeletSaid>;

struct Reason {
  std::string_view word;
  Cause cause;
  std::string_view why;
  std::string_view step;
};
constexpr std::array kReasons = {
    Reason{"liveness", Cause::kKubernetesLiveness, "its liveness probe failed",
           "see why its probe failed: the load then, livenessProbe's timeoutSeconds and "
           "failureThreshold"},
    Reason{"startup", Cause::kKubernetesStartup, "its startup probe failed",
           "it took longer to start than startupProbe allows: failureThreshold times "
           "periodSeconds"},
    Reason{"eviction", Cause::kKubernetesEviction, "the node ran short and its pod was evicted",
           "see what the node is short of: kubectl describe node, Conditions; set requests to "
           "what the pod needs"},
    Reason{"preemption", Cause::kKubernetesPreemption, "a pod of higher priority needed the place",
           "see the priority classes: kubectl get priorityclass"},
    Reason{"deletion", Cause::kKubernetesDeletion, "its pod was deleted",
           "see who deleted it: the API server's audit log, or the controller that owns the pod"},
    Reason{"shutdown", Cause::kKubernetesShutdown, "the node was shutting down",
           "see why the node went down: last -x shutdown reboot"},
};

const Reason* FindReason(std::string_view word) {
  const auto found = std::ranges::find(kReasons, word, &Reason::word);
  return found == kReasons.end() ? nullptr : &*found;
}

// The last word before the runtime's first signal; failing that, the first after it (a
// journal is written late).
std::optional<Word> WordFor(const View& view, store::BootNs first_signal) {
  std::optional<Word> before, after;
  for (const Word& word : view.All<store::KubeletSaid>()) {
    if (FindReason(word->reason) == nullptr) continue;
    const int64_t apart = Elapsed(word.at, first_signal);
    if (apart >= 0 && apart <= kAnswer) before = word;
    if (apart < 0 && apart >= -kAnswer && !after) after = word;
  }
  return before ? before : after;
}

// Somebody else was there for one request at the very moment.
void AddOtherAskers(const Scene& scene, Finding& finding) {
  for (const Culprit& asker : finding.on_behalf_of) {
    if (asker.kind == Culprit::Kind::kKubelet || !asker.process) continue;
    finding.confidence = Confidence::kLikely;
    finding.gaps.push_back(scene.view.Name(asker.process->key) +
                           " was connected to the runtime's socket too, and may have asked.");
  }
}

void NameTheKubelet(const Scene& scene, Finding& finding) {
  Culprit kubelet{.kind = Culprit::Kind::kKubelet};
  const auto client =
      std::ranges::find(finding.on_behalf_of, Culprit::Kind::kKubelet, &Culprit::kind);
  if (client != finding.on_behalf_of.end()) {
    kubelet = *client;
  } else {
    for (const store::Process& process : scene.death().processes) {
      if (process.container.value.empty() && IsKubelet(scene.view, process.key)) {
        kubelet = MakeCulprit(scene.view, Culprit::Kind::kKubelet, process.key, nullptr);
        break;
      }
    }
  }
  finding.culprit = kubelet;
  finding.on_behalf_of.clear();
}

}  // namespace

std::optional<Finding> ToldKubernetes(const Scene& scene) {
  // Where all was seen and no signal came, it ended before the kubelet could act.
  if (!NothingSeen(scene) || scene.view.Complete(Plus(scene.init.at, -kAnswer), scene.init.at)) {
    return std::nullopt;
  }
  std::optional<Word> word;
  for (const Word& said : scene.view.All<store::KubeletSaid>()) {
    const int64_t before = Elapsed(said.at, scene.init.at);
    if (FindReason(said->reason) != nullptr && before >= 0 && before <= kAnswer) word = said;
  }
  if (!word) return std::nullopt;
  const Reason& reason = *FindReason((*word)->reason);
  Finding finding = Told(reason.cause,
                         "The kubelet ended " + ContainerName(scene.death().container) + ": " +
                             std::string(reason.why) + ".",
                         word->row, "the kubelet: " + (*word)->message);
  finding.culprit = Culprit{.kind = Culprit::Kind::kKubelet};
  finding.gaps.emplace_back("The runtime's signal was not seen.");
  finding.next_steps.emplace_back(reason.step);
  AddContainerSteps(scene, finding.next_steps);
  return finding;
}

std::optional<Finding> Kubernetes(const Scene& scene) {
  const RuntimeStory story = StoryOf(scene);
  if (story.act == RuntimeAct::kNone) return std::nullopt;
  const store::BootNs first = story.asked ? story.asked->at : scene.blow->root.at;
  const std::optional<Word> word = WordFor(scene.view, first);
  if (!word) return std::nullopt;
  const Reason& reason = *FindReason((*word)->reason);
  Finding finding = ByRuntime(scene, story);
  finding.cause = reason.cause;
  finding.gaps.clear();  // who asked the runtime is known
  AddOtherAskers(scene, finding);
  NameTheKubelet(scene, finding);
  finding.evidence.push_back(word->row);
  finding.chain.insert(
      finding.chain.begin(),
      {.text = "the kubelet: " +
               ((*word)->message.empty() ? std::string(reason.why) : (*word)->message),
       .process = finding.culprit->process ? finding.culprit->process->key : store::ProcessKey{},
       .row = word->row});
  finding.headline = "The kubelet had " + WhatEnded(scene) + " " +
                     (story.act == RuntimeAct::kStop ? "stopped" : "killed") + ": " +
                     std::string(reason.why) + ".";
  finding.next_steps.clear();
  if (story.asked) AddTimeoutSteps(scene, *story.asked, finding.next_steps);
  finding.next_steps.insert(finding.next_steps.begin(), std::string(reason.step));
  AddContainerSteps(scene, finding.next_steps);
  for (const Word& other : scene.view.All<store::KubeletSaid>()) {
    const Reason* others = FindReason(other->reason);
    if (others == nullptr || others == &reason || Elapsed(other.at, first) < 0 ||
        Elapsed(other.at, first) > kAnswer) {
      continue;
    }
    finding.confidence = Confidence::kLikely;
    finding.evidence.push_back(other.row);
    finding.gaps.push_back("The kubelet had also said that " + std::string(others->why) + ".");
  }
  return finding;
}

}  // namespace podtap::verdict
