#include "cli/explain.h"

#include <CLI/CLI.hpp>
#include <cstdio>

#include "base/escape.h"
#include "cli/exit_status.h"
#include "cli/pipeline.h"
#include "cli/standard_output.h"
#include "cli/terminal.h"
#include "report/explain.h"
#include "verdict/wording.h"

namespace podtap::cli {
namespace {

constexpr const char* kExamples = R"(Examples:
  podtap explain 137                  an exit code, as kubectl and docker show it
  podtap explain 0x8b                 a wait status, as the kernel gives it
  podtap explain SIGSYS               a signal
  podtap explain OOMKilled Error      reasons of Kubernetes and Docker
  podtap explain runtime.stop.timeout a cause of podtap's verdicts
  podtap explain 143 -o json          for programs

It needs neither root nor a container.

Exit status: 0 all were explained; 1 nobody knows one of them; 2 wrong usage; 5
standard output could not be written.)";

void SayNear(const std::string& code) {
  std::string line = "podtap: no explanation for `" + Escape(code) + "`";
  const std::vector<std::string> near = report::NearCodes(code);
  line += near.empty() ? "; exit codes are 0 to 255, wait statuses are hexadecimal"
                       : "; near: " + verdict::Joined(near);
  std::fprintf(stderr, "%s\n", line.c_str());
}

}  // namespace

std::shared_ptr<ExplainOptions> DeclareExplainOptions(CLI::App& app) {
  auto options = std::make_shared<ExplainOptions>();
  app.footer(kExamples);
  app.add_option("CODE", options->codes,
                 "An exit code, a wait status (0x8b), a signal, a reason, a cause")
      ->required();
  app.add_option("-o,--output", options->output, "text or json (one object a code)")
      ->check(CLI::IsMember({"text", "json"}))
      ->type_name("FORMAT");
  return options;
}

int Explain(const ExplainOptions& options) {
  int status = kOk;
  std::string text;
  for (const std::string& code : options.codes) {
    const std::vector<report::Reading> readings = report::Explain(code);
    if (readings.empty()) {
      SayNear(code);
      status = kScriptFailed;
      continue;
    }
    if (options.output == "json") {
      text += report::ReadingsJson(code, readings) + "\n";
      continue;
    }
    for (const report::Reading& reading : readings) {
      if (!text.empty()) text += "\n";
      text += report::ReadingText(reading, TerminalWidth(), ColourOnStdout());
    }
  }
  if (auto written = WriteOut(text); !written) return Fail(written.error());
  return status;
}

}  // namespace podtap::cli
