// What an exit code tells by itself, where nothing else is known: 128 + n of a signal that
// a process raises for its own acts, and seldom gets from others.
//
// Where the kernel's log remembers that time, it must have a fault; one that isn't there
// didn't happen, and the signal came from somebody. A SIGBUS has no line in it.
#include <array>

#include "verdict/rules/told.h"
#include "verdict/signal.h"
#include "verdict/windows.h"
#include "verdict/wording.h"

namespace podtap::verdict {
namespace {

struct Meaning {
  int32_t signal;
  Cause cause;
  bool is_logged;
  std::string_view what;
};
constexpr std::array kMeanings = {
    Meaning{kSigSegv, Cause::kFaultSegv, true, "crashed"},
    Meaning{kSigBus, Cause::kFaultBus, false, "crashed"},
    Meaning{kSigIll, Cause::kFaultIll, true, "crashed"},
    Meaning{kSigFpe, Cause::kFaultFpe, true, "crashed"},
    Meaning{kSigTrap, Cause::kFaultTrap, true, "hit a breakpoint"},
    Meaning{kSigAbrt, Cause::kAbort, false, "aborted itself"},
    Meaning{kSigSys, Cause::kSeccomp, false, "made a system call that its seccomp filter forbids"},
    Meaning{kSigXfsz, Cause::kRlimitFsize, false, "wrote beyond its file-size limit"},
    Meaning{kSigXcpu, Cause::kRlimitCpu, false, "used up its CPU time"},
    Meaning{kSigPipe, Cause::kSigpipe, false, "wrote to a pipe or socket that nobody reads"},
    Meaning{kSigAlrm, Cause::kAlarm, false, "let its alarm run out"},
    Meaning{kSigVtalrm, Cause::kAlarm, false, "let a timer of its CPU time run out"},
    Meaning{kSigProf, Cause::kAlarm, false, "let a timer of its CPU time run out"},
};

}  // namespace

std::optional<Finding> ToldCode(const Scene& scene) {
  const auto& said = scene.death().runtime_exit;
  if (!NothingSeen(scene) || scene.init.status || !said || scene.death().asked.empty()) {
    return std::nullopt;
  }
  for (const Meaning& meaning : kMeanings) {
    if (said->exit_code != 128 + meaning.signal) continue;
    if (meaning.is_logged && Remembers(scene, store::kAskedKernelLog, kWordNear) &&
        scene.view.All<store::LogLine>().empty()) {
      return std::nullopt;
    }
    Finding finding;
    finding.cause = meaning.cause;
    finding.confidence = Confidence::kLikely;
    finding.without_blow = true;
    finding.headline = ContainerName(scene.death().container) + " " + std::string(meaning.what) +
                       ": it ended with code " + std::to_string(said->exit_code) + ", " +
                       SignalName(meaning.signal) + ".";
    if (finding.headline[0] == 'c') finding.headline[0] = 'C';
    finding.gaps.push_back("Its exit code is all there is: " + SignalName(meaning.signal) +
                           " may have been sent, and a shell passes a child's on.");
    return finding;
  }
  return std::nullopt;
}

}  // namespace podtap::verdict
