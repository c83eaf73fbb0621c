#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/file.h"
#include "cli/doctor_checks.h"
#include "cli/exit_status.h"
#include "cli/pid_namespace.h"
#include "recorder/proc_files.h"

namespace podtap::cli {
namespace {

// linux/capability.h.
struct Capability {
  int number;
  const char* name;
  const char* without;
};
constexpr int kSysAdmin = 21;
constexpr int kPerfmon = 38;
constexpr int kBpf = 39;
constexpr std::array kUseful = {
    Capability{19, "CAP_SYS_PTRACE", "programs and environments of other users' processes"},
    Capability{2, "CAP_DAC_READ_SEARCH", "other users' files: programs' digests, logs"},
    Capability{34, "CAP_SYSLOG", "the kernel's log, for podtap why"},
    Capability{23, "CAP_SYS_NICE", "a CPU at once under load: events may be lost"},
};

bool Has(uint64_t mask, int number) { return (mask >> number & 1) != 0; }

std::optional<uint64_t> EffectiveCapabilities() {
  const auto status = ReadFile("/proc/self/status", "read");
  if (!status) return std::nullopt;
  constexpr std::string_view kField = "CapEff:\t";
  const size_t at = status->find(kField);
  if (at == std::string::npos) return std::nullopt;
  uint64_t mask = 0;
  const char* from = status->data() + at + kField.size();
  const auto [end, error] = std::from_chars(from, status->data() + status->size(), mask, 16);
  return error == std::errc() ? std::optional(mask) : std::nullopt;
}

}  // namespace

std::vector<Checked> CheckCapabilities(Patient&) {
  const auto mask = EffectiveCapabilities();
  if (!mask) return {Warn("can't be told: /proc/self/status can't be read", "mount /proc")};
  std::vector<Checked> found;
  const bool admin = Has(*mask, kSysAdmin);
  std::string missing;
  if (!admin && !Has(*mask, kBpf)) missing = "CAP_BPF";
  if (!admin && !Has(*mask, kPerfmon)) missing += missing.empty() ? "CAP_PERFMON" : ", CAP_PERFMON";
  if (!missing.empty()) {
    found.push_back(Fail(
        missing + (missing.find(',') == std::string::npos ? " is" : " are") +
            " missing: BPF programs can't be loaded",
        ::geteuid() == 0 ? "docker run --cap-add=BPF --cap-add=PERFMON --cap-add=SYS_PTRACE; in a "
                           "pod: securityContext.capabilities.add"
                         : "run it as root",
        kNoPrivilege));
  }
  for (const Capability& capability : kUseful) {
    if (Has(*mask, capability.number)) continue;
    // Whoever may load nothing needs no list of what else he hasn't.
    if (!missing.empty() && ::geteuid() != 0) break;
    found.push_back(
        Warn(std::string(capability.name) + " is missing; without it: no " + capability.without,
             "add it if that matters"));
  }
  if (found.empty()) found.push_back(Ok("all that podtap can use"));
  return found;
}

// Since Linux 5.11 BPF's memory is counted by cgroups, not against this limit.
std::vector<Checked> CheckMemlock(Patient& patient) {
  rlimit limit{};
  ::getrlimit(RLIMIT_MEMLOCK, &limit);
  const std::string release = patient.kernel->release();
  const bool counts =
      release.starts_with("5.8.") || release.starts_with("5.9.") || release.starts_with("5.10.");
  const std::string text =
      limit.rlim_cur == RLIM_INFINITY ? "unlimited" : fmt::format("{} KiB", limit.rlim_cur / 1024);
  constexpr rlim_t kEnough = 64u << 20;
  if (!counts) return {Ok(text + "; BPF isn't counted against it since Linux 5.11")};
  if (limit.rlim_cur >= kEnough) return {Ok(text)};
  return {Warn(text + " of locked memory, and this kernel counts BPF's maps against it",
               "ulimit -l unlimited, or CAP_SYS_RESOURCE so that podtap raises it")};
}

std::vector<Checked> CheckPids(Patient&) {
  const std::string own = PidNamespaceOf("self");
  if (own.empty()) {
    return {Fail("/proc can't be read", "mount -t proc proc /proc", kSystemFailed)};
  }
  if (own != kFirstPidNamespace) {
    return {Fail("podtap runs in a pid namespace of its own and can't see the host's processes",
                 "docker run --pid=host; in a pod: hostPID: true", kNotSupported)};
  }
  // hidepid=2, or a /proc of another namespace.
  const auto init = recorder::ProcFiles().Stat(1);
  if (!init) {
    return {Warn("other users' processes are hidden: /proc is mounted with hidepid",
                 "run podtap as root, or in the group of the mount's gid=")};
  }
  return {Ok("the host's")};
}

std::vector<Checked> CheckRecorder(Patient&) {
  const recorder::ProcFiles proc;
  std::string found;
  for (const recorder::ProcStat& stat : proc.All()) {
    if (stat.comm != "podtap" || stat.pid == ::getpid()) continue;
    const auto process = proc.Read({{stat.pid}, stat.start});
    if (!process || process->args.size() < 2) continue;
    const std::string& command = process->args[1];
    if (command != "record" && command != "watch") continue;
    found +=
        (found.empty() ? "" : ", ") + ("podtap " + command) + " (" + std::to_string(stat.pid) + ")";
  }
  return {Ok(found.empty() ? "no other podtap is watching"
                           : found + (found.contains(',') ? " are watching" : " is watching"))};
}

}  // namespace podtap::cli
