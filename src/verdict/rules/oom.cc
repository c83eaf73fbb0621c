#include "verdict/rules/oom.h"

#include <algorithm>
#include <cstdlib>
#include <limits>

#include "verdict/culprit.h"
#include "verdict/place.h"
#include "verdict/rules/sender.h"
#include "verdict/signal.h"
#include "verdict/windows.h"
#include "verdict/wording.h"

namespace podtap::verdict {
namespace {

using store::OomKill;
constexpr uint64_t kNoLimit = std::numeric_limits<uint64_t>::max();

bool HasLimit(const OomKill::Level& level) { return level.limit != kNoLimit && level.limit > 0; }

// Full within one part in a hundred: the charge that failed was never added.
bool IsFull(const OomKill::Level& level) {
  return HasLimit(level) && level.usage >= level.limit - level.limit / 100;
}

// The topmost level that `is` is true of.
template <typename Predicate>
const OomKill::Level* Topmost(const OomKill& kill, Predicate is) {
  const auto found = std::find_if(kill.levels.rbegin(), kill.levels.rend(), is);
  return found == kill.levels.rend() ? nullptr : &*found;
}

// Which level ran out of memory. The kernel locks the subtree of the cgroup where it
// did (mm/memcontrol.c, mem_cgroup_oom_trylock), so the topmost locked one is it.
void FindLevel(const OomKill& kill, Oom& oom) {
  oom.level = Topmost(kill, [](const auto& level) { return level.locked; });
  if (oom.level != nullptr) return;
  oom.level = Topmost(
      kill, [](const auto& level) { return level.ooms_before && level.ooms > *level.ooms_before; });
  if (oom.level != nullptr) return;
  oom.level = Topmost(kill, IsFull);
  if (oom.level == nullptr) return;
  oom.confidence = Confidence::kLikely;
  oom.doubts.push_back("That the limit of " + oom.level->path +
                       " ran out is told by its usage alone.");
}

OomScope ScopeOf(const Scene& scene, const OomKill& kill, const OomKill::Level& level) {
  const container::Container& container = scene.death().container;
  const std::string& own = container.cgroup_path;
  if (own.size() > 1) {
    if (IsBelow(level.path, own)) return OomScope::kContainer;
    if (IsBelow(own, level.path)) return OomScope::kUpper;
  }
  // Another hierarchy may have another path, but the id is in it.
  const std::string& id = container.id.value;
  if (id.empty()) return OomScope::kUnknown;
  if (level.path.find(id) != std::string::npos) return OomScope::kContainer;
  const std::string& victims = kill.levels.front().path;
  const bool above = victims.find(id) != std::string::npos && IsBelow(victims, level.path);
  return above ? OomScope::kUpper : OomScope::kUnknown;
}

}  // namespace

void FindScope(const Scene& scene, Oom& oom) {
  const OomKill& kill = *oom.kill.fact;
  if (kill.levels.empty()) {
    oom.confidence = Confidence::kLikely;
    oom.doubts.emplace_back(
        "Which memory limit ran out is not known: the cgroups above the "
        "victim could not be read.");
    return;
  }
  FindLevel(kill, oom);
  if (oom.level == nullptr) {
    oom.scope = OomScope::kNode;
    return;
  }
  oom.scope = ScopeOf(scene, kill, *oom.level);
  if (oom.scope == OomScope::kUnknown && Same(kill.victim, scene.subject.end.process) &&
      oom.level == &kill.levels.front()) {
    oom.scope = OomScope::kContainer;
    oom.confidence = Confidence::kLikely;
    oom.doubts.push_back("That " + oom.level->path + " is the container's cgroup is a guess.");
  }
  // The highest group at or below the limit is killed as one (mem_cgroup_get_oom_group).
  for (const OomKill::Level& level : kill.levels) {
    oom.group |= level.group;
    if (&level == oom.level) break;
  }
}

namespace {

// The mark of the subject, or of somebody whose memory it shared.
std::optional<Sighting<OomKill>> MarkOf(const Scene& scene, Oom& oom) {
  const auto& kills = scene.view.All<OomKill>();
  const store::BootNs at = scene.blow ? scene.blow->root.at : scene.subject.end.at;
  const int64_t near = scene.blow ? kOomNear : kLinger;
  for (const auto& kill : kills) {
    if (Same(kill->victim, scene.subject.end.process) &&
        std::abs(std::max(Elapsed(at, kill.at), -kLongestGrace)) <= near) {
      return kill;
    }
  }
  if (!scene.blow) return std::nullopt;
  for (const auto& kill : kills) {
    const bool one_act =
        Same(kill->allocator, scene.sent()->sender) &&
        std::abs(std::max(Elapsed(at, kill.at), -kLongestGrace)) <= 10 * kMillisecond;
    if (!one_act) continue;
    oom.confidence = Confidence::kLikely;
    oom.doubts.push_back(scene.subject_name() + " was killed together with " +
                         scene.view.Name(kill->victim) +
                         ", as the kernel does to all that share one memory.");
    return kill;
  }
  return std::nullopt;
}

void AddVictims(const Scene& scene, Oom& oom) {
  for (const auto& kill : scene.view.All<OomKill>()) {
    const bool inside = scene.view.IsInit(kill->victim) ||
                        scene.view.Descends(kill->victim, scene.view.init()) ||
                        PlaceOf(scene.view, kill->victim, kill->cgroup) == Place::kSame;
    const int64_t apart = Elapsed(oom.kill.at, kill.at);
    if (inside && apart >= -kOomNear && apart <= kOomNear) oom.victims.push_back(kill.row);
  }
}

bool IsPodCgroup(std::string_view path) {
  const std::string_view name = BaseName(path);
  return path.find("kubepods") != std::string_view::npos &&
         (name.starts_with("pod") || name.find("-pod") != std::string_view::npos);
}

void AddLimitSteps(const Scene& scene, const Oom& oom, std::vector<std::string>& steps) {
  if (oom.scope == OomScope::kNode || oom.level == nullptr || !HasLimit(*oom.level)) return;
  const container::Container& container = scene.death().container;
  const uint64_t now = oom.level->limit;
  const uint64_t more = now > kNoLimit / 2 ? now : now * 2;
  const std::string change = "from " + Bytes(now) + " to " + Bytes(more);
  if (oom.scope == OomScope::kUpper && !IsPodCgroup(oom.level->path)) {
    steps.push_back("raise memory.max of " + oom.level->path + " " + change +
                    ", or run less below it");
  } else if (!container.pod.name.empty()) {
    steps.push_back(
        "use less, or raise resources.limits.memory of " +
        std::string(oom.scope == OomScope::kUpper ? "the pod's containers" : "the container") +
        " " + change);
  } else if (container.runtime == container::RuntimeKind::kDocker && !container.name.empty()) {
    steps.push_back("use less, or raise the limit " + change + ": docker update --memory " +
                    std::to_string(more) + " --memory-swap " + std::to_string(more) + " " +
                    ShellWord(container.name));
  } else {
    steps.push_back("use less, or raise the memory limit " + change);
  }
}

}  // namespace

std::optional<Oom> FindOom(const Scene& scene) {
  if (scene.subject.end.signal() != kSigKill) return std::nullopt;
  if (scene.blow && scene.sent()->info != store::SignalSent::Info::kKernel) return std::nullopt;
  Oom oom;
  const auto mark = MarkOf(scene, oom);
  if (!mark) return std::nullopt;
  oom.kill = *mark;
  if (!scene.blow) {
    oom.confidence = Confidence::kLikely;
    oom.doubts.emplace_back("The kernel's SIGKILL itself was not seen.");
  }
  FindScope(scene, oom);
  AddVictims(scene, oom);
  return oom;
}

std::string LimitReached(const Scene& scene, const Oom& oom) {
  const container::Container& container = scene.death().container;
  if (oom.scope == OomScope::kNode) return "the node ran out of memory";
  if (oom.level == nullptr) return "memory ran out";
  const std::string limit = HasLimit(*oom.level) ? " of " + Bytes(oom.level->limit) : std::string();
  if (oom.scope == OomScope::kUpper) {
    if (!IsPodCgroup(oom.level->path)) {
      return "the cgroup " + oom.level->path + " above it reached its memory limit" + limit;
    }
    const container::Pod& pod = container.pod;
    const std::string name = pod.name.empty() ? "" : " " + pod.ns + "/" + pod.name;
    return "its pod" + name + " reached its memory limit" + limit;
  }
  if (oom.level->path.size() > container.cgroup_path.size() && container.cgroup_path.size() > 1 &&
      IsBelow(oom.level->path, container.cgroup_path)) {
    return "the cgroup " + oom.level->path + " inside the container reached its memory limit" +
           limit;
  }
  return ContainerName(container) + " reached its memory limit" + limit;
}

Finding ByOomKiller(const Scene& scene, const Oom& oom, Cause cause, const std::string& why) {
  const View& view = scene.view;
  const OomKill& kill = *oom.kill.fact;
  Finding finding;
  finding.cause = cause;
  finding.confidence = oom.confidence;
  finding.gaps = oom.doubts;
  finding.culprit = KernelCulprit();
  finding.headline = "The kernel's OOM killer ended " + scene.subject_name() + ": " + why + ".";
  const uint64_t kb = kill.anon_kb + kill.file_kb + kill.shmem_kb;
  std::string text = LimitReached(scene, oom);
  if (kill.allocator.known() && !Same(kill.allocator, kill.victim)) {
    text += " when " + view.Name(kill.allocator) + " needed more";
  }
  finding.chain.push_back({.text = text, .process = kill.allocator, .row = oom.kill.row});
  text = "the kernel's OOM killer chose " + view.Name(kill.victim);
  if (kb != 0 && kb < kNoLimit / 1024) text += ", which held " + Bytes(kb * 1024);
  finding.chain.push_back({.text = text, .process = kill.victim, .row = oom.kill.row});
  finding.evidence.push_back(oom.kill.row);
  if (scene.blow) finding.evidence.push_back(scene.blow->root.row);
  AddLimitSteps(scene, oom, finding.next_steps);
  return finding;
}

}  // namespace podtap::verdict
