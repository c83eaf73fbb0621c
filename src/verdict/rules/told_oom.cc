// oom.*, told by the kernel's log, by the counters of the container's cgroup, or by the
// runtime.
//
// The log gives the victim and the memory cgroups; which process of the container was its
// first is known where somebody else wrote its number down. Else the victim's name is
// compared with the container's command.
#include <algorithm>
#include <ranges>

#include "verdict/culprit.h"
#include "verdict/place.h"
#include "verdict/rules/oom.h"
#include "verdict/rules/told.h"
#include "verdict/signal.h"
#include "verdict/windows.h"
#include "verdict/wording.h"

namespace podtap::verdict {
namespace {

constexpr int32_t kKilledCode = 128 + kSigKill;

using Kill = Sighting<store::OomKill>;

bool InContainer(const Scene& scene, const Kill& kill) {
  return std::ranges::any_of(kill->levels, [&](const store::OomKill::Level& level) {
    return NamesContainer(scene, level.path);
  });
}

bool HasLimit(const Kill& kill) {
  return std::ranges::any_of(kill->levels, &store::OomKill::Level::locked);
}

std::string VictimName(const Kill& kill) {
  return kill->comm + "(" + std::to_string(kill->victim.pid.value) + ")";
}

// The row of the log's own line, beside the fact that was made of it.
std::optional<store::RowId> LineOf(const Scene& scene, const Kill& kill) {
  const std::string killed = "Killed process " + std::to_string(kill->victim.pid.value) + " ";
  for (const auto& line : scene.view.All<store::LogLine>()) {
    const int64_t apart = Elapsed(kill.at, line.at);
    if (apart >= -kSecond && apart <= kSecond && line->text.find(killed) != std::string::npos) {
      return line.row;
    }
  }
  return std::nullopt;
}

Cause CauseOf(const Oom& oom, bool first) {
  if (oom.group) return Cause::kOomGroup;
  if (oom.scope == OomScope::kNode) return Cause::kOomNode;
  if (oom.scope == OomScope::kUpper) return Cause::kOomPod;
  return first ? Cause::kOomContainer : Cause::kOomChild;
}

Finding ByLog(const Scene& scene, const Kill& kill, bool first) {
  Oom oom;
  // Of a group that is killed as one, the first victim alone has the limit with it.
  oom.kill = kill;
  for (const Kill& other : scene.view.All<store::OomKill>()) {
    const int64_t apart = Elapsed(kill.at, other.at);
    if (apart < -kOomNear || apart > kOomNear || !InContainer(scene, other)) continue;
    oom.group |= other->levels.front().group;
    if (!HasLimit(oom.kill) && HasLimit(other)) oom.kill = other;
  }
  const bool group = oom.group;
  if (kill->levels.empty()) {
    oom.scope = OomScope::kContainer;
    oom.doubts.emplace_back("Which memory limit ran out isn't in the kernel's log.");
  } else {
    FindScope(scene, oom);
  }
  oom.group = group;
  oom.kill = kill;
  oom.confidence = Confidence::kLikely;
  const std::string why = LimitReached(scene, oom);
  Finding finding = ByOomKiller(scene, oom, CauseOf(oom, first), why);
  finding.without_blow = true;
  finding.headline = "The kernel's OOM killer ended " + VictimName(kill) + ": " + why + ".";
  if (const auto line = LineOf(scene, kill)) finding.evidence.push_back(*line);
  return finding;
}

// Whether init was the victim: by its number, or by name and time.
enum class Match : uint8_t { kNo, kName, kNumber };
Match IsInit(const Scene& scene, const Kill& kill) {
  if (scene.death().init.pid.value != 0 || scene.death().container.init_pid != 0) {
    const bool same = IsAboutInit(scene, kill->victim.pid.value);
    return same && Near(scene, kill.at, kOomAnswer) ? Match::kNumber : Match::kNo;
  }
  const bool like = IsNamedLikeCommand(scene, kill->comm) && Near(scene, kill.at, kWordNear);
  return like ? Match::kName : Match::kNo;
}

std::optional<Finding> ByCounters(const Scene& scene) {
  if (ShownCode(scene) != kKilledCode) return std::nullopt;
  std::optional<uint64_t> before, after;
  store::RowId row = 0;
  for (const auto& counters : scene.view.All<store::MemoryCounters>()) {
    if (counters->cgroup_path != scene.death().container.cgroup_path || !counters->oom_kills) {
      continue;
    }
    (counters->before ? before : after) = counters->oom_kills;
    if (!counters->before) row = counters.row;
  }
  if (!before || !after || *after <= *before) return std::nullopt;
  Finding finding =
      Told(Cause::kOomContainer,
           "The kernel's OOM killer ended a process of " + ContainerName(scene.death().container) +
               ", which exited with code 137.",
           row,
           "the cgroup's counter of OOM kills went from " + std::to_string(*before) + " to " +
               std::to_string(*after));
  finding.culprit = KernelCulprit();
  finding.gaps.emplace_back(
      "Which process was killed is not known; it may have been a child, "
      "long before the end.");
  return finding;
}

// The runtime's OOMKilled is set for a child's end too, and its event races with the exit:
// only where neither the log nor a counter can say otherwise, and with SIGKILL's code.
std::optional<Finding> ByRuntimesWord(const Scene& scene) {
  const auto& said = scene.death().runtime_exit;
  const bool oom = said && (said->oom_killed || said->reason == "OOMKilled");
  // A kill that the log tells of may be all that the runtime has heard of.
  const bool told = std::ranges::any_of(scene.view.All<store::OomKill>(),
                                        [&](const Kill& kill) { return InContainer(scene, kill); });
  if (!oom || told || scene.death().asked.empty() || ShownCode(scene) != kKilledCode ||
      NoOomKill(scene)) {
    return std::nullopt;
  }
  Finding finding;
  finding.cause = Cause::kOomContainer;
  finding.confidence = Confidence::kLikely;
  finding.without_blow = true;
  const container::Container& container = scene.death().container;
  finding.headline = "The kernel's OOM killer ended " + ContainerName(container) + ", " +
                     RuntimeLabel(container.runtime) + " says.";
  finding.culprit = KernelCulprit();
  finding.gaps.emplace_back(
      "OOMKilled is the runtime's word: it says so of a child's end too, and sometimes wrongly.");
  return finding;
}

// A runtime's own SIGKILL, which ended what an OOM kill had not.
bool RuntimeKilled(const Scene& scene) {
  return std::ranges::any_of(scene.view.All<store::RuntimeSaid>(), [&](const auto& word) {
    return word->action == "kill" && word->container == scene.death().container.id &&
           Near(scene, word.at, kAnswer);
  });
}

}  // namespace

std::optional<Finding> ToldOom(const Scene& scene) {
  if (!NothingSeen(scene)) return std::nullopt;
  const std::optional<int32_t> code = ShownCode(scene);
  const auto& kills = scene.view.All<store::OomKill>();
  for (const auto& kill : std::views::reverse(kills)) {
    if (code && *code != kKilledCode) break;
    const Match match = IsInit(scene, kill);
    const bool ours = InContainer(scene, kill) || kill.fact->levels.empty();
    if (match == Match::kNo || !ours) continue;
    // A name alone is too little where the log doesn't even tell the cgroup.
    if (match == Match::kName && kill.fact->levels.empty()) continue;
    Finding finding = ByLog(scene, kill, true);
    if (match == Match::kName) {
      finding.gaps.push_back("That " + VictimName(kill) +
                             " was its first process is told by its name.");
    }
    return finding;
  }
  if (auto finding = ByCounters(scene)) return finding;
  return ByRuntimesWord(scene);
}

std::optional<Finding> ToldOomChild(const Scene& scene) {
  if (!NothingSeen(scene) || ShownCode(scene) == 0 || RuntimeKilled(scene)) return std::nullopt;
  const auto& kills = scene.view.All<store::OomKill>();
  for (const auto& kill : std::views::reverse(kills)) {
    if (!InContainer(scene, kill) || !Near(scene, kill.at, kOomAnswer)) continue;
    // A child's end need not have ended the container with this code.
    Finding finding = ByLog(scene, kill, false);
    finding.gaps.push_back("That the container ended for the end of " + VictimName(kill) +
                           " is a guess.");
    return finding;
  }
  return std::nullopt;
}

}  // namespace podtap::verdict
