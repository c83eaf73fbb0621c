// killed.inside: another process of the same container sent it.
//
// Demands: the signal's row, and that the sender was in the dead container's cgroup.
// `docker exec` and `kubectl exec` bring processes in from outside; the runtime in
// their true ancestry shows it.
#include <algorithm>

#include "verdict/hand.h"
#include "verdict/rules/sender.h"

namespace podtap::verdict {
namespace {

bool CameByExec(const View& view, const store::ProcessKey& sender) {
  if (view.IsInit(sender) || view.Descends(sender, view.init())) return false;
  const store::Process* process = view.Find(sender);
  if (process == nullptr || process->ns_pid == 1) return false;
  return std::ranges::any_of(view.Ancestors(sender), [&](const auto& ancestor) {
    return IsRuntimeProgram(view, ancestor) && PlaceOf(view, ancestor, {}) != Place::kSame;
  });
}

}  // namespace

std::optional<Finding> KilledInside(const Scene& scene) {
  if (!SomebodySent(scene) || SenderPlace(scene) != Place::kSame) return std::nullopt;
  Finding finding = SentBy(scene, Cause::kKilledInside);
  if (CameByExec(scene.view, scene.sent()->sender)) {
    finding.next_steps.insert(finding.next_steps.begin(),
                              "it was started in the container from outside (docker exec, "
                              "kubectl exec, a probe or a hook): see who may do that");
  }
  return finding;
}

}  // namespace podtap::verdict
