// The rules, in the order in which they are asked.
#include <array>

#include "verdict/rules/rule.h"
#include "verdict/rules/told.h"

namespace podtap::verdict {
namespace {

// What a row proves by its look alone comes first, then whose hand it was, then what
// can be said without a signal.
constexpr std::array kRules = {
    StartFailed,
    // The kernel's own.
    OomGroup,
    OomPod,
    OomNode,
    OomContainer,
    OomChild,
    Seccomp,
    Abort,
    FaultSegv,
    FaultBus,
    FaultIll,
    FaultFpe,
    FaultTrap,
    RlimitCpu,
    RlimitFsize,
    Sigpipe,
    Alarm,
    Hangup,
    Interrupt,
    Pdeathsig,
    PidnsTeardown,
    // Somebody's.
    OomUserspace,
    Kubernetes,
    RuntimeStopTimeout,
    RuntimeStop,
    RuntimeKill,
    KilledCgroup,
    KilledBroadcast,
    KilledSelf,
    KilledInside,
    KilledContainer,
    KilledHost,
    // What others told, where nothing was seen.
    ToldOom,
    ToldOomUserspace,
    ToldSeccomp,
    ToldFault,
    ToldCoredump,
    ToldKubernetes,
    ToldRuntime,
    ToldRuntimeLog,
    ToldOomChild,
    ToldCode,
    // Nobody's, or nobody knows.
    ExitedByItself,
    NotKnown,
};

}  // namespace

Finding FirstFinding(const Scene& scene) {
  for (const Rule rule : kRules) {
    if (std::optional<Finding> finding = rule(scene)) return *std::move(finding);
  }
  return {};
}

}  // namespace podtap::verdict
