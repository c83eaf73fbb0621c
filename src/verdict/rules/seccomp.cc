// seccomp: the filter killed the process or thread.
//
// Demands: SIGSYS with si_code SYS_SECCOMP that the kernel raised for the subject's own
// call. Or, for SECCOMP_RET_KILL_THREAD, which ends a thread with no signal at all
// (kernel/seccomp.c: do_exit(SIGSYS)): a thread's exit with status 31, and that the
// process ended with status 31, or (only likely) by itself within a second.
#include "verdict/culprit.h"
#include "verdict/rules/rule.h"
#include "verdict/signal.h"
#include "verdict/syscall.h"
#include "verdict/windows.h"
#include "verdict/wording.h"

namespace podtap::verdict {
namespace {

constexpr int32_t kSysSeccomp = 1;

std::string CallText(const store::SignalSent& sent) {
  const std::string_view name = SyscallName(sent.fault_call, sent.fault_arch);
  const std::string number = "system call " + std::to_string(sent.fault_call);
  return name.empty() ? number : std::string(name) + " (" + number + ")";
}

Finding Refused(const Scene& scene, const std::string& what) {
  Finding finding;
  finding.cause = Cause::kSeccomp;
  finding.culprit =
      MakeCulprit(scene.view, Culprit::Kind::kSelf, scene.subject.end.process, nullptr);
  finding.culprit->flags.clear();
  finding.headline = "The seccomp filter ended " + scene.subject_name() +
                     (what.empty() ? "" : " for " + what) + ".";
  finding.next_steps.push_back(
      "allow the call in the container's seccomp profile (docker run --security-opt seccomp=…; "
      "securityContext.seccompProfile), or the program's own filter if it set one");
  finding.next_steps.emplace_back("the audit log may have it: journalctl -k | grep type=1326");
  return finding;
}

// A thread that went without a signal, as the filter's KILL_THREAD makes it go.
const Exited* KilledThread(const Scene& scene) {
  const Exited* found = nullptr;
  for (const Exited& exited : scene.view.All<store::ProcessExited>()) {
    const int64_t before = Elapsed(exited.at, scene.subject.end.at);
    if (!exited->thread_only || SignalOf(exited->status) != kSigSys || before < 0) continue;
    if (Same(exited->process, scene.subject.end.process)) found = &exited;
  }
  return found;
}

}  // namespace

std::optional<Finding> Seccomp(const Scene& scene) {
  if (scene.blow) {
    const store::SignalSent& sent = *scene.sent();
    if (sent.signal != kSigSys || sent.code != kSysSeccomp || !IsFault(sent)) return std::nullopt;
    Finding finding = Refused(scene, CallText(sent));
    finding.evidence.push_back(scene.blow->root.row);
    finding.chain.push_back({.text = scene.subject_name() + " called " + CallText(sent) +
                                     ", which its seccomp filter kills for",
                             .process = sent.target,
                             .row = scene.blow->root.row});
    return finding;
  }
  const Exited* thread = KilledThread(scene);
  const End& end = scene.subject.end;
  const bool by_status = end.signal() == kSigSys;
  const bool soon = thread != nullptr && end.code() && *end.code() != 0 &&
                    Elapsed(thread->at, end.at) <= kMoments;
  if (!by_status && !soon) return std::nullopt;
  Finding finding = Refused(scene, "");
  finding.gaps.emplace_back(
      "Which system call it was is not known: the filter ended the thread "
      "without a signal.");
  if (thread == nullptr) {
    // A single thread's bare exit looks so too; so does a SIGSYS that was not seen.
    finding.confidence = Confidence::kLikely;
    finding.by_absence = true;
    return finding;
  }
  finding.evidence.push_back(thread->row);
  finding.chain.push_back(
      {.text = "a thread of " + scene.subject_name() + " was ended by its seccomp filter",
       .process = end.process,
       .row = thread->row});
  if (!by_status) {
    finding.headline = "The seccomp filter ended a thread of " + scene.subject_name() +
                       ", which then exited with code " + std::to_string(*end.code()) + ".";
    finding.confidence = Confidence::kLikely;
    finding.gaps.push_back("That " + scene.subject_name() +
                           " exited because of the thread is told by the time alone.");
  }
  return finding;
}

}  // namespace podtap::verdict
