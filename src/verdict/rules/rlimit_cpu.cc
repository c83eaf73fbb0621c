// rlimit.cpu: it used up its CPU time, RLIMIT_CPU.
//
// Demands: the kernel's SIGKILL to the process that was running, and the kernel's
// SIGXCPU to it before: at the soft limit comes SIGXCPU each second, at the hard limit
// SIGKILL (kernel/time/posix-cpu-timers.c). Or the kernel's SIGXCPU itself. A SIGKILL
// with a hard limit set but no SIGXCPU is only likely: both limits may be the same, but
// a BPF program's bpf_send_signal() looks so too.
#include "verdict/rules/own_act.h"
#include "verdict/signal.h"
#include "verdict/windows.h"
#include "verdict/wording.h"

namespace podtap::verdict {
namespace {

using Info = store::SignalSent::Info;

std::optional<Signal> SoftLimit(const Scene& scene) {
  for (const Signal& signal : scene.view.SignalsTo(scene.subject.end.process)) {
    const int64_t before = Elapsed(signal.at, scene.blow->root.at);
    if (signal->signal == kSigXcpu && before >= 0 && before <= kLongestGrace &&
        RaisedForItself(*signal.fact, Info::kKernel)) {
      return signal;
    }
  }
  return std::nullopt;
}

std::string LimitText(uint64_t seconds) {
  return seconds == 0 ? "" : " of " + std::to_string(seconds) + " s";
}

}  // namespace

std::optional<Finding> RlimitCpu(const Scene& scene) {
  if (!scene.blow || !RaisedForItself(*scene.sent(), Info::kKernel)) return std::nullopt;
  const store::SignalSent& sent = *scene.sent();
  Finding finding;
  const std::string limit = LimitText(sent.cpu_limit_s);
  if (sent.signal == kSigXcpu) {
    finding = ByOwnAct(scene, Cause::kRlimitCpu,
                       "used up its CPU time, RLIMIT_CPU's soft limit (SIGXCPU)");
    if (sent.cpu_limit_s == 0) {
      finding.confidence = Confidence::kLikely;
      finding.gaps.emplace_back(
          "It has no hard limit of CPU time; RLIMIT_RTTIME and a deadline "
          "that a real-time thread missed send SIGXCPU too.");
    }
  } else if (sent.signal == kSigKill) {
    const std::optional<Signal> soft = SoftLimit(scene);
    if (!soft && sent.cpu_limit_s == 0) return std::nullopt;
    finding =
        ByOwnAct(scene, Cause::kRlimitCpu, "used up its CPU time, RLIMIT_CPU's hard limit" + limit);
    if (soft) {
      finding.evidence.push_back(soft->row);
    } else {
      finding.confidence = Confidence::kLikely;
      finding.gaps.emplace_back(
          "No SIGXCPU came before; a security sensor's BPF program "
          "(bpf_send_signal) could have killed it so, too.");
    }
  } else {
    return std::nullopt;
  }
  finding.next_steps.emplace_back(
      "raise the limit, or take it away: docker run --ulimit cpu=…, "
      "ulimit -t, LimitCPU= of the runtime's unit");
  return finding;
}

}  // namespace podtap::verdict
