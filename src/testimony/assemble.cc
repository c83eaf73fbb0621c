#include "testimony/assemble.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>

#include "testimony/oom_report.h"

namespace podtap::testimony {
namespace {

using store::BootNs;

constexpr size_t kMostLines = 256;
constexpr size_t kLongestLine = 600;
// A runtime's word and its event about one end.
constexpr int64_t kSameEndNs = 2'000'000'000;
// How near to the end a fault of whatever process is of interest.
constexpr int64_t kFaultNearNs = 10'000'000'000;

bool Holds(std::string_view text, std::string_view part) {
  return !part.empty() && text.find(part) != std::string_view::npos;
}

// Units whose lines about a container are about its end.
constexpr std::array<std::string_view, 6> kRuntimeUnits = {
    "docker.service", "containerd.service",  "crio.service",
    "k3s.service",    "rke2-server.service", "snap.microk8s.daemon-containerd.service"};
constexpr std::array<std::string_view, 3> kOomDaemons = {"earlyoom", "systemd-oomd", "nohang"};

class Assembler {
 public:
  Assembler(const LastEnd& end, const Answers& answers, const Moment& now)
      : end_(end), answers_(answers), now_(now), id_(end.container.id.value) {}

  store::Death Make() {
    death_.container = end_.container;
    death_.real_minus_boot_ns = now_.unix_ns - now_.boot_ns;
    death_.at = FromUnix(end_.unix_ns);
    death_.runtime_exit = end_.container.last_exit;
    AddEvents();
    AddJournal();
    AddKernelLog();
    AddKubelet();
    for (const store::MemoryCounters& memory : answers_.memory) Add({now_.boot_ns}, memory);
    std::ranges::stable_sort(death_.rows, {}, [](const store::Row& row) { return row.at.value; });
    death_.gaps.push_back({.kind = store::Gap::Kind::kNotRecording});
    return std::move(death_);
  }

 private:
  BootNs FromUnix(int64_t unix_ns) const { return {unix_ns - now_.unix_ns + now_.boot_ns}; }
  BootNs FromMonotonic(int64_t ns) const { return {ns - now_.monotonic_ns + now_.boot_ns}; }
  bool Within(BootNs at) const {
    return at.value >= death_.at.value - kBeforeNs && at.value <= death_.at.value + kAfterNs;
  }
  bool NearEnd(BootNs at) const { return std::abs(at.value - death_.at.value) <= kFaultNearNs; }
  void Add(BootNs at, store::Fact fact) { death_.rows.push_back({at, std::move(fact)}); }
  void AddLine(BootNs at, std::string_view source, const std::string& text) {
    if (lines_++ >= kMostLines) return;
    std::string shown = text.substr(0, kLongestLine);
    if (shown.size() < text.size()) shown += "…";
    Add(at, store::LogLine{.source = std::string(source), .text = std::move(shown)});
  }
  store::Asked& AddAsked(std::string_view source) {
    return death_.asked.emplace_back(store::Asked{.source = std::string(source)});
  }

  void AddEvents() {
    if (!answers_.events) return;
    store::Asked& asked = AddAsked(store::kAskedRuntimeEvents);
    const auto& history = *answers_.events;
    if (!history) {
      asked.problem = history.error().reason;
      return;
    }
    if (history->begins_unix_ns != 0) {
      asked.from = FromUnix(history->begins_unix_ns);
      asked.to = {now_.boot_ns};
    }
    for (const container::RuntimeEvent& event : history->events) {
      const BootNs at = FromUnix(event.time_unix_ns);
      if (event.container != end_.container.id || !Within(at)) continue;
      // What came after its end belongs to the next life.
      if (event.time_unix_ns > end_.unix_ns + kSameEndNs && event.action != "stop") continue;
      Add(at, store::RuntimeSaid{.runtime = event.runtime,
                                 .action = event.action,
                                 .container = event.container,
                                 .signal = event.signal,
                                 .exit_code = event.exit_code.value_or(0),
                                 .message = event.message});
      TakeExitCode(event);
    }
  }

  // A runtime that has started the container again knows the code from its event alone.
  void TakeExitCode(const container::RuntimeEvent& event) {
    if (death_.runtime_exit || event.action != "die" || !event.exit_code) return;
    if (std::abs(event.time_unix_ns - end_.unix_ns) > kSameEndNs) return;
    death_.runtime_exit =
        container::RuntimeExit{.exit_code = *event.exit_code, .finished_unix_ns = end_.unix_ns};
  }

  void AddJournal() {
    if (!answers_.journal) return;
    store::Asked& asked = AddAsked(store::kAskedJournal);
    const auto& journal = *answers_.journal;
    if (!journal) {
      asked.problem = journal.error().reason;
      return;
    }
    if (journal->cut) asked.problem = "there was more of it than is read";
    if (!journal->entries.empty()) {
      asked.from = FromUnix(end_.unix_ns - kBeforeNs);
      asked.to = FromUnix(std::min(end_.unix_ns + kAfterNs, now_.unix_ns));
    }
    for (const JournalEntry& entry : journal->entries) {
      const BootNs at = FromUnix(entry.unix_ns);
      if (!Within(at)) continue;
      if (entry.coredump) {
        AddCoredump(at, *entry.coredump);
      } else if (entry.audit) {
        if (NearEnd(at) && IsAboutAnEnd(entry.message)) AddLine(at, "audit", entry.message);
      } else if (std::ranges::find(kOomDaemons, entry.identifier) != kOomDaemons.end()) {
        AddLine(at, "journal", entry.identifier + ": " + entry.message);
      } else if (std::ranges::find(kRuntimeUnits, entry.unit) != kRuntimeUnits.end() &&
                 Holds(entry.message, id_)) {
        AddLine(at, "journal", entry.identifier + ": " + entry.message);
        TakePid(PidInTaskExit(entry.message, id_));
      }
    }
  }

  void TakePid(int32_t pid) {
    if (pid > 0) death_.init.pid.value = pid;
  }

  void AddCoredump(BootNs at, const Coredump& core) {
    if (!Holds(core.cgroup, id_)) return;
    std::string text = "systemd-coredump: pid=" + std::to_string(core.pid) +
                       " sig=" + std::to_string(core.signal) + " cgroup=" + core.cgroup;
    if (!core.file.empty()) text += " file=" + core.file;
    AddLine(at, "journal", text + " comm=" + core.comm);
  }

  void AddKernelLog() {
    const KernelLog* log = nullptr;
    bool covered = false;
    if (answers_.kernel_log) {
      store::Asked& asked = AddAsked(store::kAskedKernelLog);
      const auto& answer = *answers_.kernel_log;
      if (answer) {
        log = &*answer;
        asked.from = FromMonotonic(log->begins_monotonic_ns);
        asked.to = {now_.boot_ns};
        covered = asked.from.value <= death_.at.value - kFaultNearNs;
      } else {
        asked.problem = answer.error().reason;
      }
      if (log != nullptr && !answers_.faults_are_logged) {
        asked.problem = "it holds no faults: debug.exception-trace is 0";
      }
    }
    // The journal goes further back, and over a reboot.
    const bool journal = answers_.journal && *answers_.journal &&
                         std::ranges::any_of((**answers_.journal).entries, &JournalEntry::kernel);
    if (log != nullptr && (covered || !journal)) {
      for (const KernelLine& line : log->lines) {
        AddKernelLine(FromMonotonic(line.monotonic_ns), line.text);
      }
    } else if (journal) {
      for (const JournalEntry& entry : (**answers_.journal).entries) {
        if (entry.kernel) AddKernelLine(FromUnix(entry.unix_ns), entry.message);
      }
    }
  }

  void AddKernelLine(BootNs at, const std::string& text) {
    auto kill = reader_.Add(text);
    if (!Within(at)) return;
    if (kill) {
      if (!IsOurs(*kill)) return;
      AddLine(at, "kernel log", text);
      Add(at, std::move(*kill));
    } else if (NearEnd(at) && IsAboutAnEnd(text) && !IsOomReport(text)) {
      AddLine(at, "kernel log", text);
    }
  }

  static bool IsOomReport(std::string_view text) {
    return text.starts_with("oom-kill:") || text.starts_with("memory: usage ") ||
           text.starts_with("Task in ") || text.starts_with("Tasks in ") ||
           Holds(text, "Killed process ");
  }

  // A kill whose memory cgroup the log doesn't name may be ours.
  bool IsOurs(const store::OomKill& kill) const {
    if (kill.levels.empty() || kill.victim.pid == death_.init.pid) return true;
    return std::ranges::any_of(kill.levels, [&](const store::OomKill::Level& level) {
      return Holds(level.path, id_) || level.path == end_.container.cgroup_path;
    });
  }

  void AddKubelet() {
    if (end_.container.pod.name.empty()) return;
    if (answers_.kubelet_file) {
      store::Asked& asked = AddAsked(store::kAskedKubeletLog);
      const auto& log = *answers_.kubelet_file;
      if (log) {
        AddWords(*log, answers_.kubelet_source, asked);
      } else {
        asked.problem = log.error().reason;
      }
    } else if (answers_.journal && *answers_.journal) {
      const KubeletLog log = ReadKubeletEntries((**answers_.journal).entries);
      if (log.records > 0) {
        AddWords(log, "the kubelet's journal", AddAsked(store::kAskedKubeletLog));
      }
    }
    for (const TimedWord& word : answers_.kubelet_pods) AddWord(word);
  }

  void AddWords(const KubeletLog& log, const std::string& source, store::Asked& asked) {
    if (log.records > 0) {
      asked.from = FromUnix(log.begins_unix_ns);
      asked.to = {now_.boot_ns};
    }
    for (const TimedWord& word : WordsAbout(log.words, end_.container, source)) AddWord(word);
  }

  void AddWord(const TimedWord& word) {
    const BootNs at = word.unix_ns == 0 ? death_.at : FromUnix(word.unix_ns);
    if (Within(at)) Add(at, word.said);
  }

  const LastEnd& end_;
  const Answers& answers_;
  const Moment& now_;
  const std::string& id_;
  store::Death death_;
  OomReader reader_;
  size_t lines_ = 0;
};

}  // namespace

int32_t PidInTaskExit(std::string_view line, std::string_view container_id) {
  struct Form {
    std::string_view begin;
    std::string_view container;
    std::string_view own;  // the process' own id: the container's for its first process
    std::string_view pid;
  };
  constexpr std::array<Form, 3> kForms = {{
      {"TaskExit", "ContainerID:", ",ID:", ",Pid:"},
      {"exit event", R"(container_id:\")", R"( id:\")", " pid:"},
      {"TaskExit", R"(container_id:\")", R"( id:\")", " pid:"},
  }};
  for (const Form& form : kForms) {
    const size_t begin = line.find(form.begin);
    if (begin == std::string_view::npos || container_id.empty()) continue;
    const std::string_view text = line.substr(begin);
    const size_t container = text.find(std::string(form.container) + std::string(container_id));
    const size_t own = text.find(std::string(form.own) + std::string(container_id));
    const size_t pid = text.find(form.pid);
    if (container == std::string_view::npos || own == std::string_view::npos ||
        pid == std::string_view::npos) {
      continue;
    }
    int32_t number = 0;
    const std::string_view digits = text.substr(pid + form.pid.size());
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error == std::errc() && number > 0) return number;
  }
  return 0;
}

store::Death Assemble(const LastEnd& end, const Answers& answers, const Moment& now) {
  return Assembler(end, answers, now).Make();
}

}  // namespace podtap::testimony
