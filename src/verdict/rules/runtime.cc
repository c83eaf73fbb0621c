#include "verdict/rules/runtime.h"

#include <algorithm>

#include "verdict/culprit.h"
#include "verdict/place.h"
#include "verdict/rules/sender.h"
#include "verdict/runtime_end.h"
#include "verdict/signal.h"
#include "verdict/windows.h"
#include "verdict/wording.h"

namespace podtap::verdict {
namespace {

std::string NameAndUser(const store::Process& process) {
  std::string text = process.comm + "(" + std::to_string(process.key.pid.value) + ")";
  if (const std::string user = UserName(process); !user.empty()) text += " of " + user;
  return text;
}

std::string AskerText(const Finding& finding) {
  if (!finding.asker_known) return "";
  const Culprit& asker = finding.on_behalf_of.front();
  if (asker.kind == Culprit::Kind::kKubelet) return ", asked by the kubelet,";
  if (!finding.asker_did.empty()) {
    return ", after " + NameAndUser(*asker.process) + " had " + finding.asker_did + ",";
  }
  return ", asked by " + NameAndUser(*asker.process) + ",";
}

}  // namespace

std::optional<Signal> AskedBefore(const Scene& scene) {
  const View& view = scene.view;
  const Signal& root = scene.blow->root;
  std::optional<Signal> asked;
  for (const Signal& signal : view.SignalsTo(root->target)) {
    const int64_t before = Elapsed(signal.at, root.at);
    if (signal.row == root.row || before < 0 || before > kLongestGrace) continue;
    const bool stops = IsStopSignal(scene.death().container, signal->signal);
    if (stops && RuntimeHand(view, signal)) asked = signal;
  }
  return asked;
}

RuntimeStory StoryOf(const Scene& scene) {
  RuntimeStory story;
  if (!scene.blow || !scene.blow->hand) return story;
  const int32_t signal = scene.sent()->signal;
  if (signal == kSigKill) {
    story.asked = AskedBefore(scene);
    story.act = story.asked ? RuntimeAct::kStopTimeout : RuntimeAct::kKill;
  } else {
    const bool stops = IsStopSignal(scene.death().container, signal);
    story.act = stops ? RuntimeAct::kStop : RuntimeAct::kKill;
  }
  return story;
}

Finding ByRuntime(const Scene& scene, const RuntimeStory& story) {
  const View& view = scene.view;
  const Hand& hand = *scene.blow->hand;
  Finding finding;
  finding.culprit = MakeCulprit(view, Culprit::Kind::kRuntime, hand.process, scene.sent());
  if (story.asked) {
    finding.chain.push_back(SentLink(view, *story.asked));
    finding.evidence.push_back(story.asked->row);
  }
  finding.chain.push_back(SentLink(view, scene.blow->root));
  finding.evidence.push_back(scene.blow->root.row);
  finding.evidence.insert(finding.evidence.end(), hand.evidence.begin(), hand.evidence.end());
  const store::BootNs first = story.asked ? story.asked->at : scene.blow->root.at;
  Clients clients = ClientsAt(view, first, story.act);
  const std::optional<RuntimeEnd> end = RuntimeEndBefore(view, hand, first);
  if (hand.by_hand_of.known()) {
    finding.on_behalf_of.push_back(
        MakeCulprit(view, Culprit::Kind::kProcess, hand.by_hand_of, nullptr));
    finding.asker_known = true;
  } else if (end && !clients.known) {
    const store::SignalSent& sent = *end->signal.fact;
    finding.on_behalf_of.push_back(MakeCulprit(view, Culprit::Kind::kProcess, sent.sender, &sent));
    finding.asker_known = true;
    finding.asker_did = end->what;
    finding.chain.insert(finding.chain.begin(), SentLink(view, end->signal));
    finding.evidence.push_back(end->signal.row);
  } else {
    finding.on_behalf_of = std::move(clients.askers);
    finding.asker_known = clients.known;
    finding.evidence.insert(finding.evidence.end(), clients.evidence.begin(),
                            clients.evidence.end());
    finding.gaps = std::move(clients.gaps);
    if (finding.on_behalf_of.empty()) {
      finding.gaps.emplace_back(
          "Who asked the runtime is not known: nobody was seen at its "
          "socket then.");
    }
  }
  if (finding.asker_known) {
    AddOriginSteps(view, finding.on_behalf_of.front(), finding.next_steps);
  }
  // Who asked is known; the runtime's own log has no more to tell.
  const bool known =
      finding.asker_known && finding.on_behalf_of.front().kind == Culprit::Kind::kProcess;
  if (!known) AddContainerSteps(scene, finding.next_steps);
  return finding;
}

std::string RuntimeActor(const Scene& scene, const Finding& finding) {
  std::string runtime = RuntimeLabel(scene.blow->hand->runtime);
  if (runtime.starts_with("the ")) runtime[0] = 'T';
  return runtime + AskerText(finding);
}

std::string WhatEnded(const Scene& scene) {
  const container::Container& container = scene.death().container;
  const bool is_container = !container.id.value.empty() || !container.pod.name.empty();
  if (!is_container || !scene.view.IsInit(scene.init.process)) {
    return scene.view.Name(scene.init.process);
  }
  return ContainerName(container);
}

void AddContainerSteps(const Scene& scene, std::vector<std::string>& steps) {
  const container::Container& container = scene.death().container;
  const container::Pod& pod = container.pod;
  if (!pod.name.empty()) {
    const std::string ns = pod.ns.empty() ? "" : "-n " + ShellWord(pod.ns) + " ";
    steps.push_back("see the pod's events: kubectl " + ns + "describe pod " + ShellWord(pod.name));
    return;
  }
  std::string name = container.name;
  if (name.empty()) name = container.id.value.substr(0, 12);
  if (container.runtime == container::RuntimeKind::kDocker && !name.empty()) {
    const int64_t at = UnixNs(scene.view, scene.death().at);
    std::string since;
    if (at > 0) {
      since = " --since " + std::to_string(at / kSecond - 60) + " --until " +
              std::to_string(at / kSecond + 5);
    }
    steps.push_back("see what Docker was told: docker events" + since +
                    " --filter container=" + ShellWord(name));
  }
}

}  // namespace podtap::verdict
