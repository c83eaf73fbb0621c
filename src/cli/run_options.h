// The options of `podtap run`, which are stap's.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "ir/ir.h"

namespace CLI {
class App;
}

namespace podtap::cli {

struct RunOptions {
  // What to run: a file, `-` for standard input, or -e's text.
  std::string script_file;
  std::string script_text;
  bool has_text = false;
  std::vector<std::string> args;

  std::string command;       // -c
  int64_t target_pid = 0;    // -x
  int verbose = 0;           // -v
  int last_pass = 5;         // -p
  std::string output_file;   // -o
  std::string list_pattern;  // -l, -L
  bool list = false;
  bool list_vars = false;
  bool guru = false;
  uint64_t buffer_bytes = 4u << 20;            // -s, in MiB on the command line
  std::map<std::string, std::string> globals;  // -G
  ir::Limits limits;                           // -D
  bool suppress_warnings = false;              // -w
  int64_t timeout_ms = 0;                      // -T; 0: none
  bool show_version = false;
  bool json = false;
  std::string dump;
  bool user_side_in_kernel = false;  // the differential tests
  bool quiet_unread = false;
  std::vector<std::string> notes;  // about options that mean nothing here
};

// Raw values between CLI11 and ParseRunOptions' checks.
struct RawRunOptions;

// Declares the options on `app`. The result stays alive as long as the app.
std::shared_ptr<RawRunOptions> DeclareRunOptions(CLI::App& app);

// After parsing: checks values and fills in RunOptions. Errors are kUsage.
Result<RunOptions> FinishRunOptions(const RawRunOptions& raw);

}  // namespace podtap::cli
