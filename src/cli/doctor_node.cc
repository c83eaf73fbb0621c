#include <fcntl.h>
#include <fmt/format.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <ctime>

#include "cgroup/memory.h"
#include "cli/doctor_checks.h"
#include "cli/exit_status.h"
#include "container/inventory.h"
#include "container/socket_clients.h"
#include "recorder/proc_files.h"
#include "testimony/journal.h"
#include "testimony/kernel_log.h"
#include "testimony/kubelet_log.h"
#include "testimony/kubelet_pods.h"
#include "testimony/program.h"

namespace podtap::cli {
namespace {

using container::Runtime;

// At which the kubelet logs why it kills a container.
constexpr int kTalks = 2;

// The kubelet's process and its -v, as its command line has it; nullopt: none runs.
struct Kubelet {
  std::string name;
  int32_t pid = 0;
  int verbosity = 0;
};

int VerbosityIn(const std::vector<std::string>& args) {
  for (size_t i = 0; i < args.size(); i++) {
    for (const std::string_view option : {"--v", "-v"}) {
      std::string_view value = args[i];
      if (!value.starts_with(option)) continue;
      value.remove_prefix(option.size());
      if (value.starts_with('=')) {
        value.remove_prefix(1);
      } else if (value.empty() && i + 1 < args.size()) {
        value = args[i + 1];
      }
      int level = 0;
      const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), level);
      if (error == std::errc() && end == value.data() + value.size()) return level;
    }
  }
  return 0;
}

std::optional<Kubelet> FindKubelet() {
  constexpr std::array<std::string_view, 6> kNames = {"kubelet",   "k3s",      "k3s-server",
                                                      "k3s-agent", "kubelite", "k0s"};
  const recorder::ProcFiles proc;
  for (const recorder::ProcStat& stat : proc.All()) {
    if (std::ranges::find(kNames, stat.comm) == kNames.end()) continue;
    Kubelet kubelet{.name = stat.comm, .pid = stat.pid};
    if (const auto process = proc.Read({{stat.pid}, stat.start})) {
      kubelet.verbosity = VerbosityIn(process->args);
    }
    return kubelet;
  }
  return std::nullopt;
}

std::string LabelOf(const Runtime& runtime) {
  std::string text = container::RuntimeName(runtime.kind());
  if (!runtime.version().empty()) text += " " + runtime.version();
  return text + " at " + runtime.socket();
}

std::string RemedyFor(const Error& error) {
  if (!error.remedy.empty()) return error.remedy;
  if (error.kind == ErrorKind::kPrivilege || error.error_number == EACCES) {
    return "run podtap as root, or in the socket's group";
  }
  return "see that it runs; without it its containers have no names";
}

// The folder itself, or the nearest above it that is there.
std::string Existing(std::string path) {
  while (path.size() > 1 && ::access(path.c_str(), F_OK) != 0) path.resize(path.rfind('/'));
  return path.empty() ? "/" : path;
}

constexpr const char* kStoreFolder = "/var/lib/podtap";
constexpr uint64_t kStoreBytes = 1u << 30;

}  // namespace

std::vector<Checked> CheckCgroups(Patient& patient) {
  if (patient.tree == nullptr) {
    return {Warn("the mounts can't be read: containers aren't recognised", "mount /proc")};
  }
  const cgroup::Hierarchies& found = patient.tree->hierarchies();
  if (found.version == cgroup::Version::kNone || !found.ids) {
    return {Warn("none are mounted: containers aren't recognised",
                 "mount -t cgroup2 cgroup2 /sys/fs/cgroup; in a container, mount the host's")};
  }
  const auto top = patient.tree->Children(cgroup::Hierarchy::kIds, "/");
  if (!top) {
    return {Warn(found.ids->point + " can't be read: " + top.error().reason,
                 "in a container, mount the host's /sys/fs/cgroup there")};
  }
  if (top->empty()) {
    return {Warn(found.ids->point + " holds no cgroup: containers aren't recognised",
                 "in a container, mount the host's /sys/fs/cgroup there")};
  }
  std::string text = std::string("version ") + cgroup::VersionName(found.version);
  if (!found.memory) {
    return {Warn(text + ", without the memory controller: limits and their counters can't be told",
                 "see cgroup_disable= on the kernel's command line")};
  }
  const auto memory = cgroup::ReadMemory(*patient.tree, "/");
  text += ", memory at " + found.memory->point;
  if (!memory && memory.error().error_number == EACCES) {
    return {Warn(text + ", not to be read", "run podtap as root")};
  }
  return {Ok(text)};
}

std::vector<Checked> CheckRuntimes(Patient& patient) {
  std::vector<Checked> found;
  for (const container::RuntimeProblem& problem : patient.runtimes.problems) {
    found.push_back(Warn(problem.socket + ": " + problem.error.reason, RemedyFor(problem.error)));
  }
  for (const auto& runtime : patient.runtimes.found) {
    const auto list = runtime->List(container::After(patient.patience));
    if (list) {
      const auto count = std::ranges::count_if(
          *list, [](const container::Container& one) { return !one.is_sandbox; });
      found.push_back(
          Ok(fmt::format("{}: {} container{}", LabelOf(*runtime), count, count == 1 ? "" : "s")));
    } else if (list.error().kind == ErrorKind::kUnsupported && !patient.runtimes.given) {
      // Docker's own containerd, as a rule.
      found.push_back(Ok(runtime->socket() + ": without Kubernetes' interface, not needed"));
    } else {
      found.push_back(
          Warn(runtime->socket() + ": " + list.error().reason, RemedyFor(list.error())));
    }
  }
  if (!found.empty()) return found;
  return {Warn("none was found: containers have no names, only ids",
               "--runtime-endpoint unix:///PATH where it listens at an unusual place")};
}

// Who asks a runtime, by sock_diag(7).
std::vector<Checked> CheckClients(Patient& patient) {
  if (patient.runtimes.found.empty()) return {Ok("not tried: no runtime's socket")};
  const Runtime& runtime = *patient.runtimes.found.front();
  container::SocketClientsFinder finder;
  const auto clients = finder.Find(patient.root.Path(runtime.socket()), patient.patience);
  if (!clients) {
    return {Warn("who is connected to a runtime can't be told: " + clients.error().reason,
                 "modprobe unix_diag")};
  }
  const std::string text =
      fmt::format("{} connected to {}", clients->pids.size(), runtime.socket());
  if (!clients->incomplete) return {Ok(text)};
  return {Warn(text + ", and some whose process isn't known",
               "run podtap as root, with CAP_SYS_PTRACE, among the host's pids")};
}

std::vector<Checked> CheckKubelet(Patient& patient) {
  const auto kubelet = FindKubelet();
  const TestimonyOptions& options = patient.testimony;
  if (!kubelet && options.kubelet_log.empty()) return {Ok("none runs here")};
  const std::string name = kubelet ? fmt::format("{}({})", kubelet->name, kubelet->pid) : "kubelet";
  std::vector<Checked> found;
  std::optional<std::string> file = options.kubelet_log;
  if (file->empty()) file = testimony::FindKubeletFile(patient.root);
  if (file) {
    const auto now = testimony::Now().unix_ns;
    const auto log = testimony::ReadKubeletFile(
        options.kubelet_log.empty() ? patient.root : HostRoot(), *file, now, now);
    if (!log) {
      found.push_back(Warn(name + ": " + *file + ": " + log.error().reason, "run podtap as root"));
    } else if (log->records == 0) {
      found.push_back(
          Warn(name + ": " + *file + " holds no line of a kubelet's log", "--kubelet-log FILE"));
    } else {
      found.push_back(Ok(name + ": its log is " + *file));
    }
  } else if (!options.journal.empty() || testimony::FindJournal(patient.root)) {
    found.push_back(Ok(name + ": its log is in the journal"));
  } else {
    found.push_back(Warn(name + ": no log of it was found, so that why it ends a container isn't "
                                "known",
                         "--kubelet-log FILE"));
  }
  if (kubelet && kubelet->verbosity < kTalks) {
    found.push_back(Warn(fmt::format("{}: runs with -v={}, and doesn't log why it ends a container",
                                     name, kubelet->verbosity),
                         "run it with -v=2"));
  }
  if (options.kubelet_port != 0 &&
      testimony::AskPods(options.kubelet_port, container::After(patient.patience))) {
    found.push_back(Ok(fmt::format("{}: its port {} answers", name, options.kubelet_port)));
  }
  return found;
}

// What podtap why asks.
std::vector<Checked> CheckLogs(Patient& patient) {
  std::vector<Checked> found;
  const auto kernel = testimony::ReadKernelLog(patient.root);
  if (kernel) {
    found.push_back(Ok("the kernel's log can be read"));
  } else {
    found.push_back(Warn("the kernel's log: " + kernel.error().reason +
                             "; podtap why misses OOM "
                             "kills and crashes",
                         kernel.error().error_number == ENOENT
                             ? "docker run --device=/dev/kmsg"
                             : "run podtap as root, or with CAP_SYSLOG"));
  }
  const auto journal = testimony::FindJournal(patient.root);
  if (!journal) {
    found.push_back(Ok("there is no journal"));
    return found;
  }
  const auto program =
      testimony::RunProgram({"journalctl", "--version"}, container::After(patient.patience), 4096);
  if (program) {
    found.push_back(Ok("the journal can be read"));
  } else {
    found.push_back(
        Warn("the journal: journalctl: " + program.error().reason, "podtap why asks the rest"));
  }
  return found;
}

std::vector<Checked> CheckClock(Patient&) {
  constexpr time_t kBeforeUs = 1'735'689'600;  // 2025
  const time_t now = ::time(nullptr);
  if (now < kBeforeUs) return {Warn("the clock stands before 2025", "set it")};
  timex state{};
  const int result = ::adjtimex(&state);
  if (result < 0) return {Ok("whether it is synchronised can't be told")};
  if (result != TIME_ERROR && (state.status & STA_UNSYNC) == 0) return {Ok("synchronised")};
  return {Warn("not synchronised: times can't be compared with other nodes'",
               "run chrony or systemd-timesyncd")};
}

std::vector<Checked> CheckStore(Patient&) {
  const std::string place = Existing(kStoreFolder);
  struct statvfs space {};
  if (::statvfs(place.c_str(), &space) != 0) {
    return {Warn(std::string(kStoreFolder) + ": its file system can't be asked", "see mount")};
  }
  const uint64_t free = static_cast<uint64_t>(space.f_bavail) * space.f_frsize;
  const std::string text =
      fmt::format("{:.1f} GiB free for {}", static_cast<double>(free) / (1u << 30), kStoreFolder);
  if ((space.f_flag & ST_RDONLY) != 0) {
    return {Warn(place + " is read-only: nothing can be recorded", "mount a volume there")};
  }
  if (free < kStoreBytes) return {Warn(text, "make room: records take up to 1 GiB")};
  return {Ok(text)};
}

}  // namespace podtap::cli
