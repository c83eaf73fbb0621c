#include "verdict/culprit.h"

#include <algorithm>
#include <array>

#include "verdict/hand.h"
#include "verdict/place.h"
#include "verdict/wording.h"

namespace podtap::verdict {
namespace {

constexpr size_t kCommBytes = 15;  // TASK_COMM_LEN without its end

constexpr std::array<std::string_view, 3> kTemporary = {"/tmp/", "/dev/shm/", "/var/tmp/"};

// Programs that run others' text, and take its name: a script's comm is the script's,
// its exe the interpreter's. Also programs of many names in one file.
constexpr std::array<std::string_view, 23> kManyNames = {
    "bash",  "dash",   "sh",        "ash",  "zsh",      "ksh",    "python", "perl",
    "ruby",  "node",   "nodejs",    "php",  "lua",      "java",   "pypy",   "busybox",
    "tclsh", "toybox", "coreutils", "wine", "electron", "dotnet", "guile"};

// The same program by two names: "python3" and "python3.11", "containerd-shim" and
// "containerd-shim-runc-v2", "runc:[2:INIT]" and "runc".
bool Fits(std::string_view comm, std::string_view name) {
  if (comm.empty() || name.empty()) return false;
  return comm.starts_with(name) || name.starts_with(comm);
}

// "nginx: worker process" → "nginx"; "-bash" → "bash"; "/usr/bin/x" → "x".
std::string_view NameInArgument(std::string_view argument) {
  if (argument.starts_with('-')) argument.remove_prefix(1);
  argument = argument.substr(0, argument.find_first_of(": "));
  return BaseName(argument);
}

// "kworker/0:1", "[kworker/u8:2]": names that only the kernel's own threads have.
bool LooksLikeKernelThread(std::string_view name) {
  constexpr std::array<std::string_view, 8> kNames = {
      "kworker/", "ksoftirqd/", "kthreadd", "migration/", "rcu_", "khugepaged", "kswapd", "[k"};
  return std::ranges::any_of(kNames, [&](auto known) { return name.starts_with(known); });
}

bool RunsMany(std::string_view program) {
  return std::ranges::any_of(kManyNames, [&](std::string_view known) {
    if (!program.starts_with(known)) return false;
    const std::string_view version = program.substr(known.size());
    return version.find_first_not_of("0123456789.-") == std::string_view::npos;
  });
}

bool NameMismatch(const store::Process& process) {
  if (process.kernel_thread || process.exe.empty() || process.comm.empty()) return false;
  const std::string comm = Lower(process.comm);
  // A memfd has its own flag; its file's name says nothing.
  if (process.exe_memfd) return LooksLikeKernelThread(comm);
  const std::string program = Lower(BaseName(process.exe));
  if (Fits(comm, program)) return false;
  if (LooksLikeKernelThread(comm)) return true;
  // systemd's "(sd-pam)", and "(nginx)" between its fork and the exec.
  if (comm.starts_with('(') && program.starts_with("systemd")) return false;
  const size_t looked_at = RunsMany(program) ? process.args.size() : 1;
  for (size_t i = 0; i < std::min(looked_at, process.args.size()); i++) {
    const std::string name = Lower(NameInArgument(process.args[i]));
    if (LooksLikeKernelThread(Lower(process.args[i]))) return true;
    if (Fits(comm, std::string_view(name).substr(0, kCommBytes))) return false;
  }
  // A runtime names its main thread as it likes; nothing to compare with, nothing said.
  return !RunsMany(program) && !process.args.empty();
}

}  // namespace

std::vector<std::string> SuspiciousFlags(const store::Process& process) {
  std::vector<std::string> flags;
  if (process.exe_memfd) {
    flags.emplace_back("memfd_exe");
  } else if (process.exe_deleted) {
    flags.emplace_back("deleted_exe");
  }
  if (std::ranges::any_of(kTemporary, [&](auto dir) { return process.exe.starts_with(dir); })) {
    flags.emplace_back("temp_exe");
  }
  if (NameMismatch(process)) flags.emplace_back("name_mismatch");
  return flags;
}

Culprit KernelCulprit() { return {.kind = Culprit::Kind::kKernel}; }

Culprit MakeCulprit(const View& view, Culprit::Kind kind, const store::ProcessKey& key,
                    const store::SignalSent* sent) {
  Culprit culprit;
  culprit.kind = kind;
  if (!key.known()) return culprit;
  const store::Process* known = view.Find(key);
  store::Process process = known != nullptr ? *known : store::Process{};
  if (known == nullptr) process.key = key;
  if (process.comm.empty()) process.comm = view.Comm(key);
  const bool is_sender = sent != nullptr && Same(sent->sender, key);
  // As it was then: setuid(2) may have come before, or after.
  if (is_sender && sent->sender_uid != store::kNoUid) process.uid = sent->sender_uid;
  const cgroup::CgroupId cgroup = is_sender ? sent->sender_cgroup : cgroup::CgroupId{};
  for (const store::ProcessKey& ancestor : view.Ancestors(key)) {
    const store::Process* above = view.Find(ancestor);
    const bool exited = above != nullptr && above->exited && *above->exited <= view.death().at;
    std::vector<std::string> flags;
    if (above != nullptr && !IsRuntimeProgram(view, ancestor)) flags = SuspiciousFlags(*above);
    culprit.ancestry.push_back({ancestor, view.Comm(ancestor), exited, std::move(flags)});
  }
  culprit.container = ContainerOf(view, key, cgroup);
  // runc runs itself from a sealed copy in memory: no disguise.
  if (kind != Culprit::Kind::kRuntime) culprit.flags = SuspiciousFlags(process);
  culprit.process = std::move(process);
  return culprit;
}

}  // namespace podtap::verdict
