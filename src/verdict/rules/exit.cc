// exit: it exited by itself, with its code.
//
// Demands: the kernel's word that init gave a code to exit(2), and no signal that it
// may have obeyed. It is proven by absence, so any gap weakens it; and a code of 128+n
// says that there was a signal, which then was not seen.
#include "verdict/culprit.h"
#include "verdict/rules/rule.h"
#include "verdict/rules/told.h"
#include "verdict/signal.h"
#include "verdict/windows.h"
#include "verdict/wording.h"

namespace podtap::verdict {
namespace {

struct Meaning {
  int32_t code;
  std::string_view step;
};
constexpr Meaning kMeanings[] = {
    {1, "1 is most programs' word for failure: read its last log lines"},
    {2, "2 is what a Go panic, a shell's misuse and many usage errors give: read its log"},
    {126, "a shell gives 126 when a command can't be executed: see its mode and format"},
    {127, "a shell gives 127 when a command isn't found: see its name and PATH"},
};

void AddSteps(const Scene& scene, int32_t code, std::vector<std::string>& steps) {
  for (const Meaning& meaning : kMeanings) {
    if (meaning.code == code) steps.emplace_back(meaning.step);
  }
  const container::Container& container = scene.death().container;
  if (!container.pod.name.empty()) {
    const std::string ns =
        container.pod.ns.empty() ? "" : "-n " + ShellWord(container.pod.ns) + " ";
    steps.push_back("its last words: kubectl " + ns + "logs " + ShellWord(container.pod.name) +
                    " -c " + ShellWord(container.name) + " --previous");
  } else if (container.runtime == container::RuntimeKind::kDocker && !container.name.empty()) {
    steps.push_back("its last words: docker logs --tail 50 " + ShellWord(container.name));
  }
  if (code == 0 && (container.restart_policy == "always" || !container.pod.name.empty())) {
    steps.emplace_back(
        "it ended well; a service should not: does its main process stay in the "
        "foreground?");
  }
}

// Children that died by a signal shortly before may be why.
void AddDeadChildren(const Scene& scene, Finding& finding) {
  for (const Exited& exited : scene.view.All<store::ProcessExited>()) {
    const int32_t signal = SignalOf(exited->status);
    const int64_t before = Elapsed(exited.at, scene.init.at);
    if (signal == 0 || exited->thread_only || before < 0 || before > kPassOn) continue;
    if (!scene.view.Descends(exited->process, scene.init.process)) continue;
    finding.confidence = Weaker(finding.confidence, Confidence::kLikely);
    finding.gaps.push_back("It may have exited because " + scene.view.Name(exited->process) +
                           " was ended by " + SignalName(signal) + " " + Duration(before) +
                           " before.");
    finding.evidence.push_back(exited.row);
    return;
  }
}

// A signal with a meaning of the program's own (SIGUSR1) that it got right before.
void AddHandled(const Scene& scene, Finding& finding) {
  const std::vector<Signal> handled = HandledBefore(scene.view, scene.init);
  if (handled.empty()) return;
  const Signal& last = handled.back();
  finding.confidence = Weaker(finding.confidence, Confidence::kLikely);
  finding.evidence.push_back(last.row);
  finding.gaps.push_back("It may have exited because " + scene.view.Name(last->sender) +
                         " had sent it " + SignalName(last->signal) + " " +
                         Duration(Elapsed(last.at, scene.init.at)) + " before.");
}

// The runtime's exit code, where the kernel's word is missing. One of 128+n would be a
// signal's as well.
std::optional<int32_t> RuntimesCode(const Scene& scene) {
  const auto& said = scene.death().runtime_exit;
  if (scene.init.status || !said || said->exit_code < 0 || SignalOfExitCode(said->exit_code) != 0) {
    return std::nullopt;
  }
  return said->exit_code;
}

}  // namespace

std::optional<Finding> ExitedByItself(const Scene& scene) {
  std::optional<int32_t> code = scene.init.code();
  const bool told = !code;
  if (told) code = RuntimesCode(scene);
  if (!code || !scene.subject.wrappers.empty() || scene.blow) return std::nullopt;
  const View& view = scene.view;
  Finding finding;
  finding.cause = Cause::kExit;
  finding.by_absence = true;
  const std::string name = scene.init.process.known() ? view.Name(scene.init.process)
                                                      : ContainerName(scene.death().container);
  finding.headline = name + " exited by itself with code " + std::to_string(*code) + ".";
  if (finding.headline.starts_with("container ")) finding.headline[0] = 'C';
  if (scene.init.process.known()) {
    finding.culprit = MakeCulprit(view, Culprit::Kind::kSelf, scene.init.process, nullptr);
    finding.culprit->flags.clear();
  }
  if (told) {
    finding.confidence = Confidence::kLikely;
    finding.gaps.emplace_back("Its exit code is the runtime's word.");
    finding.gaps.push_back(NoRuntimeSignal(scene)
                               ? "Whether a signal that it handled came before is not known."
                               : "Whether it was asked to end, by a signal that it handled, is "
                                 "not known.");
  }
  if (const int32_t signal = SignalOfExitCode(*code); signal != 0 && EndsByDefault(signal)) {
    finding.confidence = Confidence::kLikely;
    finding.gaps.push_back("Exit code " + std::to_string(*code) + " is 128 + " +
                           SignalName(signal) +
                           ": a child's death or a handled signal, of which nothing was seen.");
  }
  AddDeadChildren(scene, finding);
  AddHandled(scene, finding);
  AddSteps(scene, *code, finding.next_steps);
  return finding;
}

}  // namespace podtap::verdict
