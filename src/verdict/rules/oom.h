// What the rules about the kernel's OOM killer share: that it killed, and which limit
// ran out.
#pragma once

#include <string>
#include <vector>

#include "verdict/rules/rule.h"

namespace podtap::verdict {

enum class OomScope : uint8_t {
  kContainer,  // the container's own cgroup, or one inside of it
  kUpper,      // a cgroup above: the pod's, all pods', a slice
  kNode,       // no cgroup's limit: the node's memory
  kUnknown,
};

struct Oom {
  Sighting<store::OomKill> kill;
  OomScope scope = OomScope::kUnknown;
  const store::OomKill::Level* level = nullptr;  // whose limit ran out; none for the node
  bool group = false;                            // memory.oom.group took effect
  std::vector<store::RowId> victims;             // OomKill rows of this container, all of them
  Confidence confidence = Confidence::kProven;
  std::vector<std::string> doubts;
};

// Demands: the subject was marked as a victim (oom:mark_victim) and ended by a SIGKILL
// of the kernel. The kernel marks victims that die of something else as well
// (task_will_free_mem), so the mark alone proves nothing.
std::optional<Oom> FindOom(const Scene& scene);

// Which limit ran out, and whether a group was killed: fills in all but `kill`, `victims`.
void FindScope(const Scene& scene, Oom& oom);

// Culprit, chain and evidence; the headline is "The kernel's OOM killer ended
// server(7942): " and `why`.
Finding ByOomKiller(const Scene& scene, const Oom& oom, Cause cause, const std::string& why);
// "container web reached its memory limit of 20 MiB".
std::string LimitReached(const Scene& scene, const Oom& oom);

}  // namespace podtap::verdict
