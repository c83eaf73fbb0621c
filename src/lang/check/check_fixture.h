// For the checker's tests: a script's text → what the checker says and made.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lang/lang.h"

namespace podtap::lang::check {

inline const std::vector<std::string>& TestRoots() {
  static const std::vector<std::string> roots = {"begin",  "end",     "error",   "never",
                                                 "kernel", "process", "syscall", "timer"};
  return roots;
}

// One diagnostic as one line: "1:25 never-assigned local variable 'x' (similar: y)".
inline std::string OneLine(const source::SourceSet& sources, const source::Diagnostic& diagnostic) {
  std::string line;
  if (diagnostic.span.valid()) {
    const source::LineColumn at = sources.Locate(diagnostic.span);
    if (sources.IsTapset(diagnostic.span.file)) line += "tapset:";
    line += std::to_string(at.line) + ":" + std::to_string(at.column) + " ";
  }
  if (diagnostic.severity == source::Severity::kWarning) line += "WARNING: ";
  if (diagnostic.severity == source::Severity::kParseError) line += "PARSE: ";
  line += diagnostic.message;
  for (size_t i = 0; i < diagnostic.similar.size(); ++i)
    line += (i == 0 ? " (similar: " : ", ") + diagnostic.similar[i];
  if (!diagnostic.similar.empty()) line += ")";
  return line;
}

struct Checked {
  source::SourceSet sources;
  source::Diagnostics diagnostics;
  Script script;

  // Everything that was said, one a line.
  std::string Said() const {
    std::string text;
    for (const source::Diagnostic& diagnostic : diagnostics.all())
      text += OneLine(sources, diagnostic) + "\n";
    return text;
  }
  std::string Dumped() const { return Dump(script); }
};

// Globals as the dump doesn't show them: what is done with them, and what their
// statistics must keep.
inline std::string Facts(const Script& script) {
  std::string text;
  for (const Global* global : script.globals) {
    text += global->name;
    text += std::string(global->index_types.size(), '#');
    text += global->read ? " read" : "";
    text += global->written ? " written" : "";
    constexpr const char* kStats[] = {" @count", " @sum", " @min", " @max", " @avg", " @variance"};
    for (size_t op = 0; op < std::size(kStats); op++)
      text += (global->stat_ops >> op & 1) != 0 ? kStats[op] : "";
    text += global->needs_log_histogram ? " hist_log" : "";
    text += global->linear_histogram ? " hist_linear" : "";
    text += global->needs_variance ? " variance " + std::to_string(global->variance_shift) : "";
    text += "\n";
  }
  return text;
}

inline std::unique_ptr<Checked> CheckText(const std::string& user_text,
                                          const std::vector<std::string>& tapset_texts = {},
                                          const CheckOptions& options = {}) {
  auto checked = std::make_unique<Checked>();
  Environment environment;
  environment.guru_mode = options.guru_mode;
  std::vector<std::unique_ptr<File>> tapset;
  for (const std::string& text : tapset_texts) {
    const source::FileId id = checked->sources.Add("tapset.stp", text, true);
    tapset.push_back(Parse(checked->sources, id, environment, checked->diagnostics));
  }
  const source::FileId id = checked->sources.Add("user.stp", user_text);
  auto user = Parse(checked->sources, id, environment, checked->diagnostics);
  if (checked->diagnostics.has_errors()) return checked;
  checked->script = Check(checked->sources, std::move(user), std::move(tapset), TestRoots(),
                          options, checked->diagnostics);
  return checked;
}

// What is said about a script alone.
inline std::string Said(const std::string& user_text,
                        const std::vector<std::string>& tapset_texts = {},
                        const CheckOptions& options = {}) {
  return CheckText(user_text, tapset_texts, options)->Said();
}

}  // namespace podtap::lang::check
