// A script's way to a Module: the list of the steps, and what each took.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/run_options.h"
#include "ir/ir.h"
#include "ir/layout.h"
#include "kernel/kernel.h"
#include "lang/tree.h"
#include "source/diagnostic.h"
#include "source/source.h"

namespace podtap::cli {

// "Pass 1: parsed … in 812 us." for -v.
struct PassReport {
  std::string text;
  int64_t microseconds = 0;
};

// A compiled script and everything that its messages need.
struct Compilation {
  source::SourceSet sources;
  lang::Script script;
  ir::Module module;
  ir::Layout layout;
};

class Pipeline {
 public:
  Pipeline(const RunOptions& options, kernel::Kernel& kernel)
      : options_(options), kernel_(kernel) {}

  // Runs the passes up to 3 (or options.last_pass, or to the dump asked for).
  // nullptr: the run ends here with `status()`, everything was said.
  std::unique_ptr<Compilation> Compile();
  int status() const { return status_; }

 private:
  Result<std::string> ScriptText();
  bool Parse(Compilation& compilation);
  bool Analyse(Compilation& compilation);
  bool Translate(Compilation& compilation);
  // Prints what is wrong; true if the pass failed.
  bool Report(const source::SourceSet& sources, const source::Diagnostics& diagnostics, int pass);
  bool Finish(const std::string& text);  // prints a dump and ends the run
  void Passed(int pass, const std::string& text);

  const RunOptions& options_;
  kernel::Kernel& kernel_;
  std::unique_ptr<lang::File> user_;
  std::vector<std::unique_ptr<lang::File>> tapset_;
  bool whole_tapset_ = false;
  bool retry_ = false;
  std::optional<std::string> script_text_;
  int status_ = 0;
  int64_t pass_started_ns_ = 0;
};

int64_t MonotonicNs();
void PrintError(const Error& error, int verbose);
// The same; returns the exit status for it.
int Fail(const Error& error, int verbose = 0);

}  // namespace podtap::cli
