// oom.*, told by the kernel's log or by the counters of the container's cgroup.
//
// The log (mm/oom_kill.c, dump_oom_summary, since Linux 4.19):
//   oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,
//   oom_memcg=/docker/4f…,task_memcg=/docker/4f…,task=server,pid=7942,uid=0
#include "verdict/culprit.h"
#include "verdict/place.h"
#include "verdict/rules/told.h"
#include "verdict/signal.h"
#include "verdict/windows.h"
#include "verdict/wording.h"

namespace podtap::verdict {
namespace {

constexpr int32_t kKilledCode = 128 + kSigKill;

struct Line {
  store::RowId row;
  std::string_view limit;  // whose limit ran out; empty: the node's memory
  std::string_view task;
  bool is_init = false;
  std::string_view comm;
  int64_t pid = 0;
};

std::optional<Line> Read(const Scene& scene, const Sighting<store::LogLine>& log) {
  const std::string_view text = log->text;
  if (text.find("oom-kill:constraint=") == std::string_view::npos) return std::nullopt;
  Line line{.row = log.row,
            .limit = After(text, "oom_memcg=", ","),
            .task = After(text, "task_memcg=", ","),
            .comm = After(text, "task=", ",")};
  const std::optional<int64_t> pid = NumberAfter(text, "pid=");
  line.pid = pid.value_or(0);
  line.is_init = IsAboutInit(scene, pid);
  if (!line.is_init && !NamesContainer(scene, line.task)) return std::nullopt;
  return line;
}

Cause CauseOf(const Scene& scene, const Line& line) {
  if (line.limit.empty()) return Cause::kOomNode;
  const std::string& own = scene.death().container.cgroup_path;
  const bool container = line.limit == line.task || (own.size() > 1 && IsBelow(line.limit, own));
  if (!container) return Cause::kOomPod;
  return line.is_init ? Cause::kOomContainer : Cause::kOomChild;
}

std::string Limit(Cause cause, const Line& line) {
  if (cause == Cause::kOomNode) return "the node ran out of memory";
  return "the memory limit of " + std::string(line.limit) + " ran out";
}

std::optional<Finding> ByLog(const Scene& scene) {
  for (const auto& log : scene.view.All<store::LogLine>()) {
    const std::optional<Line> line = Read(scene, log);
    if (!line || !Near(scene, log.at, kOomAnswer)) continue;
    // A child's end need not have ended the container with this code.
    const std::optional<int32_t> code = ShownCode(scene);
    if (code == 0 || (line->is_init && code && code != kKilledCode)) continue;
    const Cause cause = CauseOf(scene, *line);
    const std::string who = std::string(line->comm) + "(" + std::to_string(line->pid) + ")";
    Finding finding =
        Told(cause, "The kernel's OOM killer ended " + who + ": " + Limit(cause, *line) + ".",
             line->row, "the kernel's log: its OOM killer ended " + who);
    finding.culprit = KernelCulprit();
    if (!line->is_init) {
      finding.gaps.push_back("That the container ended for the end of " + who + " is a guess.");
    }
    return finding;
  }
  return std::nullopt;
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

}  // namespace

std::optional<Finding> ToldOom(const Scene& scene) {
  if (!NothingSeen(scene)) return std::nullopt;
  if (auto finding = ByLog(scene)) return finding;
  return ByCounters(scene);
}

}  // namespace podtap::verdict
