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

// The last word before the runtime's first signal; failing that, one that the kubelet says
// when it is done: it waits for the pod's last container. Any other reason that it gives
// afterwards is of something else: the pod of a container that was killed is deleted.
std::optional<Word> WordFor(const View& view, store::BootNs first_signal, store::BootNs end) {
  std::optional<Word> before, after;
  for (const Word& word : view.All<store::KubeletSaid>()) {
    if (FindReason(word->reason) == nullptr) continue;
    const int64_t apart = Elapsed(word.at, first_signal);
    if (word->after) {
      const bool done = apart <= 0 && Elapsed(end, word.at) <= kAnswer;
      if (done && !after) after = word;
    } else if (apart >= -kWordSlack && apart <= kAnswer) {
      before = word;
    }
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

// What the failed probe said, shortly before; false: it is not known.
bool AddProbe(const View& view, store::BootNs at, Finding& finding) {
  std::optional<Word> probe;
  for (const Word& word : view.All<store::KubeletSaid>()) {
    const int64_t before = Elapsed(word.at, at);
    if (word->reason == "probe" && before >= -kWordSlack && before <= kAnswer) probe = word;
  }
  if (!probe) return false;
  finding.evidence.push_back(probe->row);
  finding.next_steps.insert(finding.next_steps.begin(), "it said: " + (*probe)->message);
  return true;
}

bool IsProbe(const Reason& reason) {
  return reason.cause == Cause::kKubernetesLiveness || reason.cause == Cause::kKubernetesStartup;
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
  finding.asker_known = false;
}

// "Killing container", of this very container: the last before its end.
std::optional<Word> KillingBefore(const Scene& scene) {
  std::optional<Word> killing;
  for (const Word& word : scene.view.All<store::KubeletSaid>()) {
    const int64_t before = Elapsed(word.at, scene.init.at);
    const bool fits = before >= -kWordSlack && before <= kLongestGrace;
    // It says so again when it gives the pod up; the first time is its reason's.
    if (word->reason == "killing" && fits && !killing) killing = word;
  }
  return killing;
}

// It ended the container, and its log doesn't say why.
Finding WithoutReason(const Scene& scene, const Word& killing) {
  const container::Container& container = scene.death().container;
  const bool late = ShownCode(scene) == 128 + kSigKill;
  Finding finding = Told(late ? Cause::kRuntimeStopTimeout : Cause::kRuntimeStop,
                         "The kubelet had " + ContainerName(container) +
                             (late ? " killed" : " stopped") + "; why is not known.",
                         killing.row, "the kubelet: " + killing->message);
  finding.culprit = Culprit{.kind = Culprit::Kind::kKubelet};
  finding.gaps.emplace_back("The kubelet's reason is not in its log.");
  AddContainerSteps(scene, finding.next_steps);
  return finding;
}

}  // namespace

std::optional<Finding> ToldKubernetes(const Scene& scene) {
  // Where all was seen and no signal came, it ended before the kubelet could act.
  if (!NothingSeen(scene) || scene.view.Complete(Plus(scene.init.at, -kAnswer), scene.init.at)) {
    return std::nullopt;
  }
  const std::optional<Word> killing = KillingBefore(scene);
  const std::optional<Word> word =
      WordFor(scene.view, killing ? killing->at : scene.init.at, scene.init.at);
  if (!word) return killing ? std::optional(WithoutReason(scene, *killing)) : std::nullopt;
  const Reason& reason = *FindReason((*word)->reason);
  Finding finding = Told(reason.cause,
                         "The kubelet ended " + ContainerName(scene.death().container) + ": " +
                             std::string(reason.why) + ".",
                         word->row, "the kubelet: " + (*word)->message);
  finding.culprit = Culprit{.kind = Culprit::Kind::kKubelet};
  finding.gaps.emplace_back("The runtime's signal was not seen.");
  if (killing) finding.evidence.push_back(killing->row);
  finding.next_steps.emplace_back(reason.step);
  if (!IsProbe(reason) || !AddProbe(scene.view, word->at, finding)) {
    AddContainerSteps(scene, finding.next_steps);
  }
  return finding;
}

std::optional<Finding> Kubernetes(const Scene& scene) {
  const RuntimeStory story = StoryOf(scene);
  if (story.act == RuntimeAct::kNone) return std::nullopt;
  const store::BootNs first = story.asked ? story.asked->at : scene.blow->root.at;
  const std::optional<Word> word = WordFor(scene.view, first, scene.init.at);
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
  if (IsProbe(reason)) AddProbe(scene.view, first, finding);
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
