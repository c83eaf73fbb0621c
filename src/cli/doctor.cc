#include "cli/doctor.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/escape.h"
#include "base/json_text.h"
#include "cli/doctor_checks.h"
#include "cli/exit_status.h"
#include "cli/pipeline.h"
#include "cli/standard_output.h"
#include "cli/terminal.h"
#include "report/page.h"

namespace podtap::cli {

struct DoctorOptions {
  RuntimeOptions runtime;
  TestimonyOptions testimony;
  std::string output = "text";
};

namespace {

constexpr const char* kExamples = R"(Examples:
  podtap doctor                     what works here, and what to do where it doesn't
  podtap doctor -o json | jq '.checks[] | select(.level != "ok")'
  podtap doctor && podtap watch --all

It says what it can't see, and needs no privilege to say it. As root it loads the
recorder's script into the kernel and takes it out again at once.

)";
constexpr const char* kStatuses = R"(

Exit status: 0 podtap watch can do its work here, warnings or not; 2 wrong usage;
3 a privilege is missing; 4 this kernel or container can't do it; 5 a system call
failed.)";

struct LevelRow {
  std::string_view word;
  std::string_view ink;
};
constexpr std::array kLevels = {LevelRow{"ok", "\x1b[32m"}, LevelRow{"warn", "\x1b[33m"},
                                LevelRow{"FAIL", "\x1b[31m"}};
constexpr size_t kNameCells = 14;
constexpr size_t kLevelCells = 6;
constexpr std::array kJsonLevels = {"ok", "warn", "fail"};

struct Line {
  const char* name;
  Checked checked;
};

std::vector<Line> Examine(Patient& patient) {
  std::vector<Line> lines;
  for (const Check& check : Checks()) {
    for (Checked& checked : check.run(patient)) lines.push_back({check.name, std::move(checked)});
  }
  return lines;
}

// A missing privilege hides everything behind it; the rest in the order of the checks.
int StatusOfAll(const std::vector<Line>& lines) {
  int status = kOk;
  for (const Line& line : lines) {
    if (line.checked.level != Level::kFail) continue;
    if (line.checked.status == kNoPrivilege) return kNoPrivilege;
    if (status == kOk) status = line.checked.status;
  }
  return status;
}

std::string Padded(std::string_view text, size_t cells) {
  return std::string(text) + std::string(cells - std::min(cells, text.size()), ' ');
}

// `head` (of kNameCells + kLevelCells cells) before the first line of `text`, and room for
// it before the others.
void AddRow(const std::string& head, std::string_view text, std::string& out) {
  const size_t left = kNameCells + kLevelCells;
  const auto width = std::max(static_cast<size_t>(TerminalWidth()), left + 20) - left;
  bool first = true;
  for (const std::string& line : report::Wrap(Escape(text), width)) {
    out += (first ? head : std::string(left, ' ')) + line + "\n";
    first = false;
  }
}

std::string Text(const std::vector<Line>& lines, int status) {
  std::string out;
  std::string_view last;
  for (const Line& line : lines) {
    const LevelRow& level = kLevels.at(static_cast<size_t>(line.checked.level));
    const std::string name = last == line.name ? "" : line.name;
    last = line.name;
    std::string word = Padded(level.word, kLevelCells);
    if (ColourOnStdout()) word = std::string(level.ink) + word + "\x1b[0m";
    AddRow(Padded(name, kNameCells) + word, line.checked.text, out);
    if (!line.checked.remedy.empty()) {
      AddRow(std::string(kNameCells + kLevelCells, ' '), "-> " + line.checked.remedy, out);
    }
  }
  const auto warnings =
      std::ranges::count(lines, Level::kWarn, [](const Line& line) { return line.checked.level; });
  out += status == kOk ? "\npodtap watch can do its work here"
                       : "\npodtap watch can't do its work here";
  if (warnings > 0) out += fmt::format(", {} warning{}", warnings, warnings == 1 ? "" : "s");
  return out + ".\n";
}

std::string Json(const std::vector<Line>& lines, int status) {
  using Object = nlohmann::ordered_json;
  Object json = {{"schema", "podtap.doctor/v1"},
                 {"ok", status == kOk},
                 {"status", status},
                 {"checks", Object::array()}};
  for (const Line& line : lines) {
    Object one = {{"name", line.name},
                  {"level", kJsonLevels.at(static_cast<size_t>(line.checked.level))},
                  {"text", line.checked.text}};
    if (!line.checked.remedy.empty()) one["remedy"] = line.checked.remedy;
    json["checks"].push_back(one);
  }
  return JsonText(json) + "\n";
}

}  // namespace

std::shared_ptr<DoctorOptions> DeclareDoctor(CLI::App& app) {
  auto options = std::make_shared<DoctorOptions>();
  app.footer(std::string(kExamples) + kEndpointHelp + kStatuses);
  app.add_option("-o,--output", options->output, "text or json")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"text", "json"}));
  DeclareTestimonyOptions(app, options->testimony);
  DeclareRuntimeOptions(app, options->runtime);
  return options;
}

int Doctor(const DoctorOptions& options) {
  Patient patient;
  patient.testimony = options.testimony;
  patient.kernel = kernel::MakeKernel();
  auto node = OpenNode(options.runtime);
  if (node) {
    patient.root = std::move(node->root);
    patient.patience = node->timeout;
    patient.tree = std::move(node->tree);
    patient.runtimes = std::move(node->runtimes);
  } else if (node.error().kind == ErrorKind::kUsage) {
    PrintError(node.error(), 0);
    return kUsageError;
  }
  const std::vector<Line> lines = Examine(patient);
  const int status = StatusOfAll(lines);
  const std::string text = options.output == "json" ? Json(lines, status) : Text(lines, status);
  if (auto written = WriteOut(text); !written) return Fail(written.error());
  return status;
}

}  // namespace podtap::cli
