#include "cli/commands.h"

#include <CLI/CLI.hpp>

#include "cli/doctor.h"
#include "cli/events.h"
#include "cli/exit_status.h"
#include "cli/explain.h"
#include "cli/pipeline.h"
#include "cli/ps.h"
#include "cli/record.h"
#include "cli/report.h"
#include "cli/run.h"
#include "cli/run_options.h"
#include "cli/top.h"
#include "cli/watch.h"
#include "cli/why.h"

namespace podtap::cli {
namespace {

constexpr const char* kRunExamples = R"(Examples:
  podtap run sg.stp                       run the runbook's script
  podtap run -e 'probe signal.send { if (sig == 9) println(execname(), " killed ", pid_name) }'
  podtap run -x 7942 watch.stp            target() is 7942
  podtap run -c 'make test' watch.stp     run a command under the probes
  podtap run -T 10 --json sg.stp          ten seconds, one JSON object a line
  podtap run -L 'kernel.trace("signal:*")'  probe points and their variables

Exit status: 0 ended as asked; 1 a mistake or run-time error of the script, or
-c's command failed; 2 wrong usage; 3 not privileged; 4 not supported by this
kernel; 5 a system call failed; 70 a mistake of podtap's own.)";

// Options that were understood, or what is wrong with them.
template <typename Options, typename Run>
int RunIfRight(const Result<Options>& options, Run run) {
  return options ? run(*options) : Fail(options.error());
}

constexpr Command kCommands[] = {
    {"watch", "Say what happens to containers, and why they died",
     [](CLI::App& app, int64_t started_ns) -> std::function<int()> {
       return [raw = DeclareWatchOptions(app), started_ns] {
         return RunIfRight(FinishWatchOptions(*raw),
                           [&](const WatchOptions& options) { return Watch(options, started_ns); });
       };
     }},
    {"why", "Say why a container died",
     [](CLI::App& app, int64_t) -> std::function<int()> {
       return [options = DeclareWhy(app)] { return Why(*options); };
     }},
    {"record", "Record what happens on this node, for podtap why",
     [](CLI::App& app, int64_t) -> std::function<int()> {
       return [settings = std::make_shared<RecordSettings>(app)] { return Record(*settings); };
     }},
    {"events", "List deaths, kills and blind windows that were recorded",
     [](CLI::App& app, int64_t) -> std::function<int()> {
       return [options = DeclareEvents(app)] { return Events(*options); };
     }},
    {"report", "Write a page about the deaths that were recorded",
     [](CLI::App& app, int64_t) -> std::function<int()> {
       return [options = DeclareReport(app)] { return Report(*options); };
     }},
    {"top", "Show containers, restarts and the latest deaths, live",
     [](CLI::App& app, int64_t) -> std::function<int()> {
       return [options = DeclareTop(app)] { return Top(*options); };
     }},
    {"ps", "List the node's pods and containers",
     [](CLI::App& app, int64_t) -> std::function<int()> {
       return [options = DeclarePs(app)] { return Ps(*options); };
     }},
    {"doctor", "Say whether podtap can do its work here",
     [](CLI::App& app, int64_t) -> std::function<int()> {
       return [options = DeclareDoctor(app)] { return Doctor(*options); };
     }},
    {"explain", "Say what an exit code, a signal or a reason means",
     [](CLI::App& app, int64_t) -> std::function<int()> {
       return [options = DeclareExplainOptions(app)] { return Explain(*options); };
     }},
    {"run", "Run a SystemTap script as eBPF", DeclareRun},
};

}  // namespace

std::span<const Command> Commands() { return kCommands; }

std::function<int()> DeclareRun(CLI::App& app, int64_t process_started_ns) {
  app.footer(kRunExamples);
  return [raw = DeclareRunOptions(app), process_started_ns] {
    return RunIfRight(FinishRunOptions(*raw),
                      [&](const RunOptions& options) { return Run(options, process_started_ns); });
  };
}

}  // namespace podtap::cli
