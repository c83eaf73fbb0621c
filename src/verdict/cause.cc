// The words of the schema podtap.verdict/v1.
#include <array>

#include "verdict/verdict.h"

namespace podtap::verdict {
namespace {

// By the values of Cause.
constexpr std::array<std::string_view, kCauses> kCauseNames = {
    "killed.host",
    "killed.container",
    "killed.inside",
    "killed.broadcast",
    "killed.cgroup",
    "runtime.stop",
    "runtime.stop.timeout",
    "runtime.kill",
    "kubernetes.liveness",
    "kubernetes.startup",
    "kubernetes.eviction",
    "kubernetes.preemption",
    "kubernetes.deletion",
    "kubernetes.shutdown",
    "oom.container",
    "oom.child",
    "oom.group",
    "oom.pod",
    "oom.node",
    "oom.userspace",
    "fault.segv",
    "fault.bus",
    "fault.ill",
    "fault.fpe",
    "fault.trap",
    "abort",
    "seccomp",
    "pdeathsig",
    "pidns.teardown",
    "rlimit.cpu",
    "rlimit.fsize",
    "sigpipe",
    "alarm",
    "hangup",
    "exit",
    "start.failed",
    "unknown",
    "killed.self",
    "interrupt",
};
static_assert(!kCauseNames.back().empty());

constexpr std::array<std::string_view, 3> kConfidenceNames = {"proven", "likely", "unknown"};
constexpr std::array<std::string_view, 5> kKindNames = {"process", "kernel", "runtime", "kubelet",
                                                        "self"};

}  // namespace

std::string_view CauseName(Cause cause) { return kCauseNames.at(static_cast<size_t>(cause)); }

std::optional<Cause> CauseFromName(std::string_view name) {
  for (size_t i = 0; i < kCauseNames.size(); i++) {
    if (kCauseNames[i] == name) return static_cast<Cause>(i);
  }
  return std::nullopt;
}

std::string_view ConfidenceName(Confidence confidence) {
  return kConfidenceNames.at(static_cast<size_t>(confidence));
}

std::string_view CulpritKindName(Culprit::Kind kind) {
  return kKindNames.at(static_cast<size_t>(kind));
}

}  // namespace podtap::verdict
