#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/file.h"
#include "cli/doctor_checks.h"
#include "cli/exit_status.h"
#include "cli/pipeline.h"
#include "cli/recorder_session.h"
#include "kernel/tracefs.h"

namespace podtap::cli {
namespace {

struct Release {
  int major = 0;
  int minor = 0;
  friend auto operator<=>(const Release&, const Release&) = default;
};

Release ParseRelease(std::string_view text) {
  Release release;
  const char* begin = text.begin();
  const char* end = text.end();
  const auto [dot, error] = std::from_chars(begin, end, release.major);
  if (error == std::errc() && dot != end && *dot == '.') {
    std::from_chars(dot + 1, end, release.minor);
  }
  return release;
}

constexpr Release kOldest{5, 8};  // BPF ring buffers

struct Needed {
  const char* subsystem;
  const char* name;
  const char* without;  // what can't be told without it
};
// Those of tapset/recorder.stp.
constexpr std::array kTracepoints = {
    Needed{"signal", "signal_generate", "who sent a signal"},
    Needed{"sched", "sched_process_exit", "that a process ended"},
    Needed{"sched", "sched_process_fork", "who begot whom"},
    Needed{"sched", "sched_process_exec", "which program ran"},
    Needed{"oom", "mark_victim", "whom the OOM killer chose"},
    Needed{"cgroup", "cgroup_mkdir", "that a container was made"},
    Needed{"cgroup", "cgroup_rmdir", "that a container is gone"},
    Needed{"cgroup", "cgroup_notify_populated", "that a container is empty"},
};

// Takes what the recorder's script says, and forgets it.
class NoWitness : public recorder::Witness {
 public:
  using BootNs = recorder::BootNs;
  void OnBorn(BootNs, const recorder::Born&) override {}
  void OnExecuted(BootNs, const recorder::Executed&) override {}
  void OnExited(BootNs, const store::ProcessExited&) override {}
  void OnSignal(BootNs, const store::SignalSent&, int64_t) override {}
  void OnMapped(BootNs, const recorder::Mapped&) override {}
  void OnOom(BootNs, const store::OomKill&) override {}
  void OnOomLevel(BootNs, const recorder::OomLevel&) override {}
  void OnCgroup(BootNs, const store::CgroupChanged&) override {}
  void OnProbeError(BootNs, const std::string&) override {}
};

// By tracefs or, where that can't be read, by the kernel's types.
bool HasTracepoint(kernel::Kernel& kernel, const Needed& needed) {
  if (kernel.HasTracepoint(needed.subsystem, needed.name)) return true;
  const auto all = kernel.tracepoints();
  return all && std::ranges::find(**all, needed.name, &kernel::Tracepoint::name) != (*all)->end();
}

std::string_view Trimmed(std::string_view text) {
  const size_t end = text.find_last_not_of(" \n\t");
  return end == std::string_view::npos ? std::string_view() : text.substr(0, end + 1);
}

}  // namespace

std::vector<Checked> CheckKernel(Patient& patient) {
  const std::string release = patient.kernel->release();
  if (ParseRelease(release) >= kOldest) return {Ok("Linux " + release)};
  return {Fail("Linux " + release + " is too old", "Linux 5.8 or later is needed", kNotSupported)};
}

std::vector<Checked> CheckBtf(Patient& patient) {
  const auto btf = patient.kernel->btf();
  if (!btf) {
    return {FailBy(btf.error(),
                   "a kernel with CONFIG_DEBUG_INFO_BTF=y; every current "
                   "distribution's has it")};
  }
  return {Ok("the kernel tells its types in /sys/kernel/btf/vmlinux")};
}

// security/lockdown/lockdown.c: "none [integrity] confidentiality"; the last forbids BPF
// programs to read the kernel's memory.
std::vector<Checked> CheckLockdown(Patient&) {
  const auto text = ReadFile("/sys/kernel/security/lockdown", "read");
  if (!text) {
    const bool none = text.error().error_number == ENOENT;
    return {Ok(none ? "no lockdown, or securityfs is not mounted"
                    : "not to be seen: " + text.error().reason)};
  }
  const size_t open = text->find('[');
  const size_t close = text->find(']', std::min(open, text->size()));
  if (open == std::string::npos || close == std::string::npos) {
    return {Ok("the kernel says: " + std::string(Trimmed(*text)))};
  }
  const std::string mode = text->substr(open + 1, close - open - 1);
  if (mode != "confidentiality") return {Ok(mode)};
  return {Fail("confidentiality: the kernel's memory may not be read",
               "boot without lockdown=confidentiality; lockdown=integrity does no harm",
               kNotSupported)};
}

std::vector<Checked> CheckTracepoints(Patient& patient) {
  if (!patient.kernel->tracepoints() && !patient.kernel->btf()) {
    return {Warn("can't be told without the kernel's types and tracefs", "see btf")};
  }
  std::vector<Checked> missing;
  for (const Needed& needed : kTracepoints) {
    if (HasTracepoint(*patient.kernel, needed)) continue;
    const std::string name = std::string(needed.subsystem) + ":" + needed.name;
    missing.push_back(Fail(name + " isn't there: podtap can't tell " + needed.without,
                           "a kernel with it; every distribution's has it", kNotSupported));
  }
  if (!missing.empty()) return missing;
  return {Ok(fmt::format("all {} that podtap watch needs", kTracepoints.size()))};
}

std::vector<Checked> CheckTracefs(Patient&) {
  if (const auto place = kernel::FindTracefs()) return {Ok("mounted at " + *place)};
  return {
      Warn("not mounted, or not to be read: `podtap run -l` doesn't know subsystems, and "
           "system calls can't be probed",
           "mount -t tracefs tracefs /sys/kernel/tracing")};
}

// The proof: the recorder's own script, compiled, verified by the kernel, attached.
std::vector<Checked> CheckBpf(Patient& patient) {
  if (!patient.kernel->btf()) return {Warn("not tried without the kernel's types", "see btf")};
  const bool v1_only =
      patient.tree != nullptr && patient.tree->hierarchies().version == cgroup::Version::kV1;
  const int64_t started = MonotonicNs();
  auto session = RecorderSession::Load(*patient.kernel, {.cgroup_v1_only = v1_only});
  if (!session) return {FailBy(session.error(), "")};
  NoWitness witness;
  if (const auto attached = (*session)->Attach(witness); !attached) {
    return {FailBy(attached.error(), "")};
  }
  (*session)->Detach();
  return {Ok(fmt::format("the recorder's script was loaded and attached in {:.1f} ms",
                         static_cast<double>(MonotonicNs() - started) / 1e6))};
}

}  // namespace podtap::cli
