// runtime.*, told by the runtime's own log.
//
//   containerd, CRI: StopContainer for \"4f…\" with timeout 30 (s)
//                    Stop container \"4f…\" with signal terminated
//                    Kill container \"4f…\"
//   dockerd:         Container failed to exit within 10s of signal 15 - using the force
//                    container=4f…
//   CRI-O:           Stopping container: 4f… (timeout: 30s)
#include <array>

#include "verdict/culprit.h"
#include "verdict/rules/runtime.h"
#include "verdict/rules/told.h"
#include "verdict/signal.h"
#include "verdict/windows.h"
#include "verdict/wording.h"

namespace podtap::verdict {
namespace {

struct Phrase {
  std::string_view text;
  bool kills;
};
constexpr std::array kPhrases = {
    Phrase{R"(StopContainer for \")", false}, Phrase{R"(Stop container \")", false},
    Phrase{R"(Kill container \")", true},     Phrase{"failed to exit within ", true},
    Phrase{"Stopping container: ", false},
};

using Line = Sighting<store::LogLine>;

const Phrase* FindPhrase(std::string_view text) {
  if (text.find("returns successfully") != std::string_view::npos) return nullptr;
  for (const Phrase& phrase : kPhrases) {
    if (text.find(phrase.text) != std::string_view::npos) return &phrase;
  }
  return nullptr;
}

}  // namespace

std::optional<Finding> ToldRuntimeLog(const Scene& scene) {
  if (!NothingSeen(scene)) return std::nullopt;
  std::optional<Line> asked, killed;
  for (const Line& line : scene.view.All<store::LogLine>()) {
    const int64_t before = Elapsed(line.at, scene.init.at);
    const Phrase* phrase = FindPhrase(line->text);
    if (phrase == nullptr || !NamesContainer(scene, line->text) || before < -kWordNear ||
        before > kAnswer) {
      continue;
    }
    (phrase->kills ? killed : asked) = line;
  }
  if (!asked && !killed) return std::nullopt;
  const std::optional<int32_t> code = ShownCode(scene);
  if (killed && code && *code != 128 + kSigKill) killed.reset();
  if (!asked && !killed) return std::nullopt;
  const Line& last = killed ? *killed : *asked;
  const container::Container& container = scene.death().container;
  const std::string runtime = RuntimeLabel(container.runtime);
  Finding finding =
      Told(killed ? Cause::kRuntimeStopTimeout : Cause::kRuntimeStop,
           ContainerName(container) +
               (killed ? " was killed by " + runtime + ": it had not ended in its grace period."
                       : " was stopped by " + runtime + ", its log says."),
           last.row, runtime + "'s log: " + last->text);
  if (finding.headline[0] == 'c') finding.headline[0] = 'C';
  if (killed && asked) finding.evidence.push_back(asked->row);
  finding.culprit = Culprit{.kind = Culprit::Kind::kRuntime};
  finding.gaps.emplace_back("Who asked the runtime is not known.");
  AddContainerSteps(scene, finding.next_steps);
  return finding;
}

}  // namespace podtap::verdict
