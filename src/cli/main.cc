// podtap: which command was asked for.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>

#include "cli/exit_status.h"
#include "cli/list.h"
#include "cli/pipeline.h"
#include "cli/ps.h"
#include "cli/run.h"
#include "cli/run_options.h"
#include "cli/watch.h"

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

constexpr const char* kExamples = R"(Examples:
  podtap ps                  the node's pods and containers
  podtap run sg.stp          run a SystemTap script as eBPF
  podtap run --help          its options
  stap sg.stp                the same, by SystemTap's name)";

// What CLI11 says of a wrong command line, in our words and with our status.
int UsageError(const CLI::App& app, const CLI::ParseError& error) {
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success)) return app.exit(error);
  std::fprintf(stderr, "podtap: %s; see %s --help\n", error.what(), app.get_name().c_str());
  return kUsageError;
}

bool CalledAsStap(const char* program) {
  const std::string path = program == nullptr ? "" : program;
  return path.substr(path.rfind('/') + 1) == "stap";
}

int Main(int argc, char** argv, int64_t started_ns) {
  const bool as_stap = argc > 0 && CalledAsStap(argv[0]);
  CLI::App app{"podtap: who or what killed my container, and why?", as_stap ? "stap" : "podtap"};
  CLI::App* run = &app;
  CLI::App* ps = nullptr;
  std::shared_ptr<PsOptions> ps_options;
  bool show_version = false;
  if (!as_stap) {
    app.footer(kExamples);
    app.require_subcommand(0, 1);
    run = app.add_subcommand("run", "Run a SystemTap script as eBPF");
    ps = app.add_subcommand("ps", "List the node's pods and containers");
    ps_options = DeclarePs(*ps);
    app.add_flag("--version", show_version, "Print the version");
  }
  CLI::App* watch = nullptr;
  std::shared_ptr<RawWatchOptions> raw_watch;
  if (!as_stap) {
    watch = app.add_subcommand("watch", "Say what happens to containers, and why they died");
    raw_watch = DeclareWatchOptions(*watch);
  }
  run->footer(kRunExamples);
  const auto raw = DeclareRunOptions(*run);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return UsageError(app, error);
  }
  if (watch != nullptr && watch->parsed()) {
    const Result<WatchOptions> options = FinishWatchOptions(*raw_watch);
    if (options) return Watch(*options, started_ns);
    PrintError(options.error(), 0);
    return StatusOf(options.error().kind);
  }
  if (ps != nullptr && ps->parsed()) return Ps(*ps_options);
  if (!as_stap && !run->parsed()) {
    if (show_version) return PrintVersion();
    std::fputs(app.help().c_str(), stdout);
    return kOk;
  }
  const Result<RunOptions> options = FinishRunOptions(*raw);
  if (!options) {
    PrintError(options.error(), 0);
    return StatusOf(options.error().kind);
  }
  return Run(*options, started_ns);
}

}  // namespace
}  // namespace podtap::cli

int main(int argc, char** argv) {
  return podtap::cli::Main(argc, argv, podtap::cli::MonotonicNs());
}
