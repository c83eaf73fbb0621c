#include "cli/why.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/escape.h"
#include "cli/death_file.h"
#include "cli/exit_status.h"
#include "cli/pipeline.h"
#include "cli/runtime_options.h"
#include "cli/selection.h"
#include "cli/standard_output.h"
#include "cli/store_options.h"
#include "cli/stored_deaths.h"
#include "cli/terminal.h"
#include "cli/testimony_options.h"
#include "cli/when.h"
#include "container/resolve.h"
#include "report/clock.h"
#include "report/json.h"
#include "report/stream.h"
#include "report/text.h"
#include "testimony/gather.h"
#include "verdict/wording.h"

namespace podtap::cli {

struct WhyOptions {
  RuntimeOptions runtime;
  TestimonyOptions testimony;
  StoreOptions store;
  std::vector<std::string> targets;
  std::vector<std::string> cases;
  std::string death;
  std::string since;
  std::string output = "text";
  std::string evidence;
};

namespace {

using container::Container;
using container::State;

constexpr const char* kExamples = R"(Examples:
  podtap why web                      a container's last death
  podtap why shop/web-0               of each container of the pod
  podtap why --death 2 web            the one before the last
  podtap why --death 14:03 web        the last one until then
  podtap why --since 2h web           all of the last two hours
  podtap why docker://4f1c3b5e -o json
  podtap why --kubelet-log /var/log/kubelet.log shop/web-0
  podtap why --evidence . web         keep what the verdict rests on in a file
  podtap why --case death-1795649857065910000.json
                                      judge such a file, or one of podtap watch

Where podtap record runs the store has the answer, also of containers long gone.
Where nobody watched nothing is proven: what the runtime, the kernel's log, the
journal, the kubelet and counters still say makes a cause likely, or leaves it
unknown. It ends with the command that would see the next death happen.

Targets: POD, NAMESPACE/POD, NAMESPACE/POD/CONTAINER, a container's name or id,
docker://ID (podman, containerd, cri-o), pid:N, cgroup:PATH, unit:NAME.service.

)";
constexpr const char* kStatuses = R"(

Exit status, by the cause of the (latest) death: 10 killed by a process; 11 stopped
by the runtime or the kubelet; 12 out of memory; 13 its own fault or limit; 14 it
exited by itself with another code than 0, or never started; 15 unknown; 0 it exited
by itself with code 0, or it runs and hasn't died. Else 1 no such target, or a file
that can't be understood; 2 wrong usage; 3 not privileged; 5 a system call failed.)";

constexpr int64_t kSecondNs = 1'000'000'000;
constexpr int64_t kMinuteNs = 60 * kSecondNs;

class WhyRun {
 public:
  explicit WhyRun(const WhyOptions& options) : options_(options) {}

  int Run() {
    for (const std::string& path : options_.cases) {
      const auto death = ReadDeath(path);
      if (!death) return Fail(death.error());
      Say(*death);
    }
    if (!options_.targets.empty()) {
      if (const int status = AskForTargets(); status != kOk) return status;
    }
    return Finish();
  }

 private:
  int AskForTargets() {
    const auto targets = ParseTargets(options_.targets);
    if (!targets) return Fail(targets.error());
    if (auto opened = OpenStore(); !opened) return Fail(opened.error());
    if (asked_by_time_) return AskTheStore(*targets);
    auto node = OpenNode(options_.runtime);
    if (!node) return Fail(node.error());
    node_ = std::move(*node);
    inventory_ =
        container::TakeInventory(node_.runtimes, *node_.tree, container::After(node_.timeout));
    for (const container::RuntimeReport& runtime : inventory_.runtimes) {
      if (runtime.problem) Note(runtime.problem->Message());
    }
    for (const container::Target& target : *targets) {
      const auto resolved = container::Resolve(target, inventory_, *node_.tree);
      if (!resolved) {
        if (!ExplainStored(target) && !ExplainRemoved(target)) {
          failed_ = FailToFind(resolved.error());
        }
        continue;
      }
      if (resolved->containers.empty() && !ExplainStored(target)) SayNoContainer(target);
      for (const Container& container : resolved->containers) Explain(container);
    }
    return kOk;
  }

  void Explain(const Container& container) {
    if (!seen_.insert(container::TargetOf(container) + container.id.value).second) return;
    auto end = testimony::FindLastEnd(container, inventory_);
    auto stored = Stored(container);
    // A death that the runtime knows and the recorder doesn't is the later one.
    if (stored && end && end->unix_ns > UnixNs(*stored) + testimony::kSameDeathNs) stored.reset();
    if (!end && !stored) return SayAlive(container);
    const bool runs = container.state == State::kRunning || container.state == State::kPaused;
    if (runs && (stored || end->runs_again)) {
      Note(container::TargetOf(container) + " runs again since " +
           report::LocalDateTime(container.started_unix_ns) + "; its last death:");
    }
    Say(stored ? *stored : Gathered(*end));
  }

  static int64_t UnixNs(const store::Death& death) {
    return death.at.value + death.real_minus_boot_ns;
  }

  // ---------------------------------------------------------------- the store

  Result<void> OpenStore() {
    const int64_t now = ClockNs(CLOCK_REALTIME);
    if (!options_.since.empty()) {
      const auto since = ParseWhen(options_.since, now);
      if (!since) return std::unexpected(since.error());
      which_ = {.since_unix_ns = *since, .until_unix_ns = {}, .most = INT64_MAX};
      asked_by_time_ = true;
    }
    if (!options_.death.empty()) {
      const bool number = options_.death.find_first_not_of("0123456789") == std::string::npos;
      if (number && options_.death.size() < 8) {
        nth_ = std::stoll(options_.death);
        which_.most = nth_;
      } else {
        const auto until = ParseWhen(options_.death, now);
        if (!until) return std::unexpected(until.error());
        // The whole second, or minute, that was written.
        which_.until_unix_ns = *until + (options_.death.size() <= 5 ? kMinuteNs : kSecondNs);
      }
      asked_by_time_ = true;
    }
    if (asked_by_time_) {
      auto archive = OpenArchive(options_.store);
      if (!archive) return std::unexpected(std::move(archive.error()));
      archive_ = std::move(*archive);
      return {};
    }
    auto archive = OpenArchiveIfThere(options_.store);
    if (!archive && !options_.store.folder.empty()) {
      return std::unexpected(std::move(archive.error()));
    }
    // The usual place may not be ours to read; others can still be asked.
    if (!archive) {
      Note(archive.error().Message());
    } else if (*archive) {
      archive_ = std::move(**archive);
    }
    return {};
  }

  std::vector<StoredDeaths> Take(Result<std::vector<StoredDeaths>> found) {
    if (found) return std::move(*found);
    failed_ = Fail(found.error());
    return {};
  }

  std::optional<store::Death> Stored(const Container& container) {
    if (!archive_) return std::nullopt;
    const auto found = Take(FindStored(*archive_, container, which_));
    const store::DeathRow* newest = nullptr;
    for (const StoredDeaths& deaths : found) {
      const store::DeathRow& row = deaths.rows.front();
      if (newest == nullptr || row.unix_ns > newest->unix_ns) newest = &row;
    }
    return newest == nullptr ? std::nullopt : Read(newest->id);
  }

  std::optional<store::Death> Read(int64_t id) {
    auto death = archive_->ReadDeath(id);
    if (death) return std::move(*death);
    failed_ = Fail(death.error());
    return std::nullopt;
  }

  // What was recorded of it, although no runtime knows it any more.
  bool ExplainStored(const container::Target& target) {
    if (!archive_) return false;
    bool any = false;
    if (target.kind == container::Target::Kind::kPid) {
      auto death = archive_->ReadIncident(target.written);
      if (death && *death) {
        Say(**death);
        any = true;
      }
    }
    return SayStored(target) || any;
  }

  // The oldest first; of --death N the Nth last alone. False: there is none.
  bool SayStored(const container::Target& target) {
    bool any = false;
    for (const StoredDeaths& deaths : Take(FindStored(*archive_, target, which_))) {
      for (size_t i = deaths.rows.size(); i-- > 0;) {
        if (nth_ > 0 && static_cast<int64_t>(i) + 1 != nth_) continue;
        if (const auto death = Read(deaths.rows[i].id)) Say(*death);
        any = true;
      }
    }
    return any;
  }

  // --death, --since: the store alone can tell.
  int AskTheStore(const std::vector<container::Target>& targets) {
    for (const container::Target& target : targets) {
      if (SayStored(target)) continue;
      failed_ = Fail({.kind = ErrorKind::kInput,
                      .tried = "find the death of",
                      .on = target.written,
                      .reason = "the store has none " +
                                std::string(nth_ > 0 ? "of that number" : "of that time"),
                      .remedy = "podtap events lists those that it has"});
    }
    return kOk;
  }

  // ------------------------------------------------------------- after the fact

  // Docker's memory of events outlives its containers for a while.
  bool ExplainRemoved(const container::Target& target) {
    if (target.kind != container::Target::Kind::kWord &&
        target.kind != container::Target::Kind::kId) {
      return false;
    }
    for (const auto& runtime : node_.runtimes.found) {
      if (target.runtime != container::RuntimeKind::kUnknown && target.runtime != runtime->kind()) {
        continue;
      }
      const auto history = runtime->History(container::After(node_.timeout));
      if (!history) continue;
      const auto end = testimony::FindRemoved(target.name, *history, runtime->kind());
      if (!end) continue;
      if (const auto stored = Stored(end->container);
          stored && UnixNs(*stored) + testimony::kSameDeathNs >= end->unix_ns) {
        Say(*stored);
        return true;
      }
      Note(container::TargetOf(end->container) +
           " was removed; what its runtime still remembers of it:");
      Say(Gathered(*end));
      return true;
    }
    return false;
  }

  int FailToFind(const container::Unresolved& unresolved) const {
    const int status = Fail(unresolved.ToError());
    // Whom we may not ask may well know it.
    const bool denied = std::ranges::any_of(inventory_.runtimes, [](const auto& runtime) {
      return runtime.problem && runtime.problem->kind == ErrorKind::kPrivilege;
    });
    const bool answered = std::ranges::any_of(inventory_.runtimes, [](const auto& runtime) {
      return !runtime.problem && !runtime.no_cri;
    });
    return denied && !answered ? kNoPrivilege : status;
  }

  store::Death Gathered(const testimony::LastEnd& end) const {
    return testimony::Gather(end, inventory_, node_.runtimes, *node_.tree,
                             PlacesOf(options_.testimony, node_.root),
                             container::After(node_.timeout));
  }

  void Say(const store::Death& death) {
    const verdict::Verdict verdict = verdict::Judge(death);
    const int64_t at = UnixNs(death);
    if (at >= latest_) {
      latest_ = at;
      status_ = DeathStatus(verdict);
    }
    if (options_.output == "json") {
      Write(report::VerdictJson(death, verdict) + "\n");
    } else {
      Write((said_ > 0 ? "\n" : "") +
            report::VerdictText(death, verdict,
                                {.width = TerminalWidth(), .colour = ColourOnStdout()}));
    }
    said_++;
    if (options_.evidence.empty()) return;
    if (const auto kept = WriteDeath(options_.evidence, death); !kept) {
      failed_ = Fail(kept.error());
    }
  }

  void SayAlive(const Container& container) {
    if (options_.output == "json") return Write(report::LifeJson(container) + "\n");
    std::string name = verdict::ContainerName(container);
    const bool runs = container.state == State::kRunning || container.state == State::kPaused;
    std::string text = runs ? " runs" : " was never started";
    if (runs && container.started_unix_ns > 0) {
      text += " since " + report::LocalDateTime(container.started_unix_ns);
    }
    Write(Escape(name + text + (runs ? "; it hasn't died." : ".")) + "\n");
  }

  void SayNoContainer(const container::Target& target) {
    Note("pod " + target.written + " has no container here yet; kubectl describe pod tells why");
  }

  static void Note(const std::string& note) {
    std::fprintf(stderr, "podtap: %s\n", Escape(note).c_str());
  }

  void Write(const std::string& text) {
    if (written_) written_ = WriteOut(text);
  }

  int Finish() const {
    if (!written_) return Fail(written_.error());
    return failed_ != kOk ? failed_ : status_;
  }

  const WhyOptions& options_;
  NodeAccess node_;
  container::Inventory inventory_;
  std::optional<store::Archive> archive_;
  Which which_;
  int64_t nth_ = 0;             // --death N
  bool asked_by_time_ = false;  // --death, --since
  std::set<std::string> seen_;
  int64_t latest_ = INT64_MIN;
  size_t said_ = 0;
  int status_ = kOk;
  int failed_ = kOk;
  Result<void> written_;
};

}  // namespace

std::shared_ptr<WhyOptions> DeclareWhy(CLI::App& app) {
  auto options = std::make_shared<WhyOptions>();
  app.footer(std::string(kExamples) + kEndpointHelp + kStatuses);
  app.add_option("TARGET", options->targets, "Whose last death")->type_name("");
  app.add_option("--case", options->cases, "Judge the evidence in FILE; - is standard input")
      ->type_name("FILE")
      ->allow_extra_args(false)
      ->take_all();
  app.add_option("-o,--output", options->output, "text, or json: a verdict a line")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"text", "json"}));
  app.add_option("--evidence", options->evidence, "Keep the evidence in a file in DIR")
      ->type_name("DIR");
  app.add_option("--death", options->death, "Its Nth last death, or the last until TIME")
      ->type_name("N|TIME");
  app.add_option("--since", options->since, "All its deaths since: 2h, 14:03, 2026-11-26")
      ->type_name("TIME");
  DeclareStoreOption(app, options->store);
  DeclareTestimonyOptions(app, options->testimony);
  DeclareRuntimeOptions(app, options->runtime);
  return options;
}

int Why(const WhyOptions& options) {
  if (options.targets.empty() && options.cases.empty()) {
    return Fail({.kind = ErrorKind::kUsage,
                 .tried = "understand the command line",
                 .reason = "it says no target",
                 .remedy = "name one, or a file with --case; see --help"});
  }
  return WhyRun(options).Run();
}

}  // namespace podtap::cli
