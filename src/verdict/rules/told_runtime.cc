// runtime.*, told by the runtime's own events, where no row of its signal is there.
//
// Docker says "kill" with the signal each time that it sends one: the stop signal and
// then SIGKILL of a `docker stop` that wasn't obeyed.
#include "verdict/clients.h"
#include "verdict/culprit.h"
#include "verdict/rules/runtime.h"
#include "verdict/rules/told.h"
#include "verdict/signal.h"
#include "verdict/windows.h"
#include "verdict/wording.h"

namespace podtap::verdict {
namespace {

using Word = Sighting<store::RuntimeSaid>;

struct Words {
  std::optional<Word> stop;  // the stop signal
  std::optional<Word> kill;  // another
};

Words WordsBefore(const Scene& scene) {
  Words words;
  for (const Word& word : scene.view.All<store::RuntimeSaid>()) {
    const int64_t before = Elapsed(word.at, scene.init.at);
    if (word->action != "kill" || word->container != scene.death().container.id) continue;
    // Docker's client passes on what it gets itself: SIGCONT, SIGURG, a new window size.
    if (!EndsByDefault(word->signal) && word->signal != 0) continue;
    // Docker's clock and its queue lag behind the kernel's.
    if (before < -kWordNear || before > kAnswer) continue;
    const bool stops = IsStopSignal(scene.death().container, word->signal);
    (stops ? words.stop : words.kill) = word;
  }
  return words;
}

}  // namespace

std::optional<Finding> ToldRuntime(const Scene& scene) {
  if (!NothingSeen(scene)) return std::nullopt;
  const Words words = WordsBefore(scene);
  const std::optional<int32_t> code = ShownCode(scene);
  if (!words.stop && !words.kill) return std::nullopt;
  // A signal that it sent ends a process with that signal, or lets it exit.
  if (words.kill && (*words.kill)->signal == kSigKill && code && *code != 128 + kSigKill) {
    return std::nullopt;
  }
  // Another is often a request to reload, or to say something.
  if (words.kill && (*words.kill)->signal != kSigKill && !words.stop &&
      code != 128 + (*words.kill)->signal && !Near(scene, words.kill->at, kWordNear)) {
    return std::nullopt;
  }
  const Word& last = words.kill ? *words.kill : *words.stop;
  const Cause cause = !words.kill   ? Cause::kRuntimeStop
                      : !words.stop ? Cause::kRuntimeKill
                                    : Cause::kRuntimeStopTimeout;
  const std::string runtime = RuntimeLabel(last->runtime);
  Finding finding =
      Told(cause,
           ContainerName(scene.death().container) + " was " + (words.kill ? "killed" : "stopped") +
               " by " + runtime + " with " + SignalName(last->signal) + ", it says.",
           last.row, runtime + " said: kill, " + SignalName(last->signal));
  finding.headline[0] = finding.headline[0] == 'c' ? 'C' : finding.headline[0];
  if (words.kill && words.stop) finding.evidence.push_back(words.stop->row);
  finding.culprit = Culprit{.kind = Culprit::Kind::kRuntime};
  const RuntimeAct act = !words.kill   ? RuntimeAct::kStop
                         : !words.stop ? RuntimeAct::kKill
                                       : RuntimeAct::kStopTimeout;
  Clients clients = ClientsAt(scene.view, words.stop ? words.stop->at : last.at, act);
  finding.on_behalf_of = std::move(clients.askers);
  finding.asker_known = clients.known;
  finding.evidence.insert(finding.evidence.end(), clients.evidence.begin(), clients.evidence.end());
  finding.gaps = std::move(clients.gaps);
  finding.gaps.emplace_back("The signal itself was not seen.");
  AddContainerSteps(scene, finding.next_steps);
  return finding;
}

}  // namespace podtap::verdict
