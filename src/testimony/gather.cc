#include "testimony/gather.h"

#include <algorithm>
#include <ctime>
#include <functional>

#include "base/file.h"
#include "cgroup/flat_file.h"
#include "cgroup/memory.h"
#include "container/quiet_thread.h"
#include "testimony/assemble.h"

namespace podtap::testimony {
namespace {

using container::Container;
using container::RuntimeKind;

int64_t ClockNs(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

class Gathering {
 public:
  Gathering(LastEnd end, const container::Inventory& inventory, const container::Runtimes& runtimes,
            const cgroup::Tree& tree, const Places& places, container::Deadline deadline)
      : end_(std::move(end)),
        inventory_(inventory),
        runtimes_(runtimes),
        tree_(tree),
        places_(places),
        deadline_(deadline),
        now_(Now()) {}

  store::Death Do() {
    const std::vector<std::function<void()>> jobs = {
        [this] { AskRuntime(); }, [this] { AskKernel(); }, [this] { AskJournal(); },
        [this] { AskKubelet(); }};
    container::InParallel(jobs.size(), [&](size_t job) { jobs[job](); });
    return Assemble(end_, answers_, now_);
  }

 private:
  void AskRuntime() {
    const Container& container = end_.container;
    for (const auto& runtime : runtimes_.found) {
      const RuntimeKind kind = runtime->kind();
      if (container.runtime != RuntimeKind::kUnknown && kind != container.runtime) continue;
      if (container.command.empty() && !end_.forgotten) {
        auto whole = runtime->Inspect(container.id, deadline_);
        if (whole) end_.container.command = std::move(whole->command);
      }
      auto history = runtime->History(deadline_);
      const bool none = !history && history.error().kind == ErrorKind::kUnsupported;
      if (!none) answers_.events = std::move(history);
    }
  }

  void AskKernel() {
    answers_.kernel_log = ReadKernelLog(places_.root);
    const auto trace = ReadFile(places_.root.Path("/proc/sys/debug/exception-trace"), "read", 64);
    answers_.faults_are_logged = !trace || cgroup::SingleValue(*trace) != 0;
    AddPodMemory();
    AddNodeMemory();
  }

  // A container's own counters go with its cgroup; the pod's stay.
  void AddPodMemory() {
    const Container& container = end_.container;
    if (container.pod.uid.empty()) return;
    for (const Container& other : inventory_.containers) {
      const size_t slash = other.cgroup_path.rfind('/');
      if (other.pod.uid != container.pod.uid || slash == std::string::npos || slash == 0) continue;
      const std::string path = other.cgroup_path.substr(0, slash);
      const auto memory = cgroup::ReadMemory(tree_, path);
      if (!memory) continue;
      answers_.memory.push_back(
          {.cgroup_path = path,
           .usage = memory->usage.value_or(0),
           .limit = memory->limit.value_or(cgroup::kNoLimit),
           .peak = memory->peak.value_or(0),
           .ooms = memory->events.oom,
           .ooms_local = memory->local.oom,
           // Version 1 counts those killed in this very cgroup, and none below.
           .oom_kills = memory->events.oom_kill});
      return;
    }
  }

  // How many the kernel has killed for memory since it booted (Linux 4.13).
  void AddNodeMemory() {
    const auto vmstat = ReadFile(places_.root.Path("/proc/vmstat"), "read");
    if (!vmstat) return;
    const auto kills = cgroup::FlatValue(*vmstat, "oom_kill");
    if (!kills) return;
    answers_.memory.push_back({.cgroup_path = "/", .limit = cgroup::kNoLimit, .oom_kills = kills});
  }

  void AskJournal() {
    std::optional<std::string> folder = places_.journal;
    if (folder->empty()) folder = FindJournal(places_.root);
    if (!folder) return;
    JournalQuery query{
        .from_unix_ns = end_.unix_ns - kBeforeNs,
        .to_unix_ns = std::min(end_.unix_ns + kAfterNs, now_.unix_ns),
        .units = {"earlyoom.service", "systemd-oomd.service", "nohang.service", "docker.service",
                  "containerd.service", "crio.service", "snap.microk8s.daemon-containerd.service"},
        .kernel = true,
        .coredumps = true};
    for (const std::string_view unit : KubeletUnits()) query.units.emplace_back(unit);
    auto journal = ReadJournal(query, *folder, deadline_);
    // A container's image has none, as a rule.
    if (!journal && journal.error().error_number == ENOENT) {
      journal.error().reason = "journalctl is not there to read it";
    }
    answers_.journal = std::move(journal);
  }

  void AskKubelet() {
    const Container& container = end_.container;
    if (container.pod.name.empty()) return;
    std::optional<std::string> file = places_.kubelet_log;
    if (file->empty()) file = FindKubeletFile(places_.root);
    if (file) {
      answers_.kubelet_source = *file;
      // What the user names is named as he sees it.
      const HostRoot root = places_.kubelet_log.empty() ? places_.root : HostRoot();
      answers_.kubelet_file = ReadKubeletFile(root, *file, end_.unix_ns - kBeforeNs, now_.unix_ns);
    }
    if (places_.kubelet_port == 0) return;
    const auto pods = AskPods(places_.kubelet_port, deadline_);
    if (pods) answers_.kubelet_pods = WordsInPods(*pods, container);
  }

  LastEnd end_;
  const container::Inventory& inventory_;
  const container::Runtimes& runtimes_;
  const cgroup::Tree& tree_;
  const Places& places_;
  container::Deadline deadline_;
  Moment now_;
  Answers answers_;
};

}  // namespace

Moment Now() {
  return {.unix_ns = ClockNs(CLOCK_REALTIME),
          .boot_ns = ClockNs(CLOCK_BOOTTIME),
          .monotonic_ns = ClockNs(CLOCK_MONOTONIC)};
}

store::Death Gather(const LastEnd& end, const container::Inventory& inventory,
                    const container::Runtimes& runtimes, const cgroup::Tree& tree,
                    const Places& places, container::Deadline deadline) {
  return Gathering(end, inventory, runtimes, tree, places, deadline).Do();
}

}  // namespace podtap::testimony
