// oom.container: the container's own memory limit ran out, and init was killed.
//
// Demands: what FindOom does, the subject is init, and the level whose limit ran out is
// the container's cgroup or inside of it.
#include "verdict/rules/oom.h"

namespace podtap::verdict {

std::optional<Finding> OomContainer(const Scene& scene) {
  const std::optional<Oom> oom = FindOom(scene);
  if (!oom || !scene.subject.wrappers.empty()) return std::nullopt;
  if (oom->scope != OomScope::kContainer && oom->scope != OomScope::kUnknown) return std::nullopt;
  return ByOomKiller(scene, *oom, Cause::kOomContainer, LimitReached(scene, *oom));
}

}  // namespace podtap::verdict
