#include "cli/why.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "base/escape.h"
#include "cli/death_file.h"
#include "cli/exit_status.h"
#include "cli/pipeline.h"
#include "cli/runtime_options.h"
#include "cli/terminal.h"
#include "cli/testimony_options.h"
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
  std::vector<std::string> targets;
  std::vector<std::string> cases;
  std::string output = "text";
  std::string evidence;
};

namespace {

using container::Container;
using container::State;

constexpr const char* kExamples = R"(Examples:
  podtap why web                      a container's last death
  podtap why shop/web-0               of each container of the pod
  podtap why docker://4f1c3b5e -o json
  podtap why --kubelet-log /var/log/kubelet.log shop/web-0
  podtap why --evidence . web         keep what the verdict rests on in a file
  podtap why --case death-1795649857065910000.json
                                      judge such a file, or one of podtap watch

Nobody watched, so that nothing is proven: what the runtime, the kernel's log, the
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

int Fail(const Error& error) {
  PrintError(error, 0);
  return StatusOf(error.kind);
}

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
    std::vector<container::Target> targets;
    for (const std::string& text : options_.targets) {
      auto target = container::ParseTarget(text);
      if (!target) return Fail(target.error());
      targets.push_back(std::move(*target));
    }
    auto node = OpenNode(options_.runtime);
    if (!node) return Fail(node.error());
    node_ = std::move(*node);
    inventory_ =
        container::TakeInventory(node_.runtimes, *node_.tree, container::After(node_.timeout));
    for (const container::RuntimeReport& runtime : inventory_.runtimes) {
      if (runtime.problem) Note(runtime.problem->Message());
    }
    for (const container::Target& target : targets) {
      const auto resolved = container::Resolve(target, inventory_, *node_.tree);
      if (!resolved) {
        if (!ExplainRemoved(target)) failed_ = FailToFind(resolved.error());
        continue;
      }
      if (resolved->containers.empty()) SayNoContainer(target);
      for (const Container& container : resolved->containers) Explain(container);
    }
    return kOk;
  }

  void Explain(const Container& container) {
    if (!seen_.insert(container::TargetOf(container) + container.id.value).second) return;
    const auto end = testimony::FindLastEnd(container, inventory_);
    if (!end) return SayAlive(container);
    if (end->runs_again) {
      Note(container::TargetOf(container) + " runs again since " +
           report::LocalDateTime(container.started_unix_ns) + "; its last death:");
    }
    Say(Evidence(*end));
  }

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
      Note(container::TargetOf(end->container) +
           " was removed; what its runtime still remembers of it:");
      Say(Evidence(*end));
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

  // Who may know of a death, the best first: a recorder that watched it goes before those
  // who are asked after the fact.
  store::Death Evidence(const testimony::LastEnd& end) const {
    using Source = std::function<std::optional<store::Death>(const testimony::LastEnd&)>;
    const std::vector<Source> sources = {[this](const testimony::LastEnd& last) {
      return testimony::Gather(last, inventory_, node_.runtimes, *node_.tree,
                               PlacesOf(options_.testimony, node_.root),
                               container::After(node_.timeout));
    }};
    for (const Source& source : sources) {
      if (auto death = source(end)) return std::move(*death);
    }
    return {};
  }

  void Say(const store::Death& death) {
    const verdict::Verdict verdict = verdict::Judge(death);
    const int64_t at = death.at.value + death.real_minus_boot_ns;
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
    written_ = written_ && std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  }

  int Finish() const {
    if (!written_ || std::fflush(stdout) != 0) {
      return Fail(SystemError("write", "standard output", errno));
    }
    return failed_ != kOk ? failed_ : status_;
  }

  const WhyOptions& options_;
  NodeAccess node_;
  container::Inventory inventory_;
  std::set<std::string> seen_;
  int64_t latest_ = INT64_MIN;
  size_t said_ = 0;
  int status_ = kOk;
  int failed_ = kOk;
  bool written_ = true;
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
