// oom.child: a child of init was killed for memory, and init ended for it.
//
// Demands: what FindOom does for the child; and that init passed its death on (128+9),
// or gave up soon after (subject.cc says how sure that is).
#include "verdict/rules/oom.h"

namespace podtap::verdict {

std::optional<Finding> OomChild(const Scene& scene) {
  const std::optional<Oom> oom = FindOom(scene);
  if (!oom || scene.subject.wrappers.empty()) return std::nullopt;
  if (oom->scope != OomScope::kContainer && oom->scope != OomScope::kUnknown) return std::nullopt;
  Finding finding = ByOomKiller(scene, *oom, Cause::kOomChild, LimitReached(scene, *oom));
  const store::Process* child = scene.view.Find(scene.subject.end.process);
  const bool direct = child != nullptr && Same(child->parent, scene.init.process);
  finding.headline = "The kernel's OOM killer ended " + scene.subject_name() +
                     (direct ? ", a child of " : ", a descendant of ") +
                     scene.view.Name(scene.init.process) + ": " + LimitReached(scene, *oom) + ".";
  return finding;
}

}  // namespace podtap::verdict
