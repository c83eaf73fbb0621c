// podtap: which command was asked for.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "cli/commands.h"
#include "cli/exit_status.h"
#include "cli/pipeline.h"
#include "cli/run.h"

namespace podtap::cli {
namespace {

constexpr const char* kExamples = R"(Examples:
  podtap watch web-0         what happens to a pod, and why it died
  podtap why web-0           why it died
  podtap ps                  the node's pods and containers
  podtap explain 137         what an exit code can mean
  podtap run sg.stp          run a SystemTap script as eBPF
  podtap COMMAND --help      a command's options and examples
  stap sg.stp                podtap run, by SystemTap's name)";

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

int Stap(int argc, char** argv, int64_t started_ns) {
  CLI::App app{"Run a SystemTap script as eBPF", "stap"};
  const std::function<int()> run = DeclareRun(app, started_ns);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return UsageError(app, error);
  }
  return run();
}

int Podtap(int argc, char** argv, int64_t started_ns) {
  CLI::App app{"podtap: who or what killed my container, and why?", "podtap"};
  bool show_version = false;
  app.footer(kExamples);
  app.require_subcommand(0, 1);
  app.add_flag("--version", show_version, "Print the version");
  std::vector<std::pair<CLI::App*, std::function<int()>>> declared;
  for (const Command& command : Commands()) {
    CLI::App* sub = app.add_subcommand(command.name, command.text);
    declared.emplace_back(sub, command.declare(*sub, started_ns));
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return UsageError(app, error);
  }
  for (const auto& [sub, run] : declared) {
    if (sub->parsed()) return run();
  }
  if (show_version) return PrintVersion();
  std::fputs(app.help().c_str(), stdout);
  return kOk;
}

}  // namespace
}  // namespace podtap::cli

int main(int argc, char** argv) {
  const int64_t started_ns = podtap::cli::MonotonicNs();
  if (argc > 0 && podtap::cli::CalledAsStap(argv[0])) {
    return podtap::cli::Stap(argc, argv, started_ns);
  }
  return podtap::cli::Podtap(argc, argv, started_ns);
}
