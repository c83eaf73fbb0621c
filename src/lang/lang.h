// The language's two steps: text → tree → checked script.
//
// Callers: cli (the pipeline), the tapset's own test, the fuzzers.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "lang/tree.h"
#include "source/diagnostic.h"
#include "source/source.h"

namespace podtap::lang {

// What the preprocessor conditionals and script arguments see.
struct Environment {
  std::string kernel_release = "6.1.0";  // uname -r; kernel_vr. kernel_v is its leading numbers
  std::string arch = "x86_64";
  std::string systemtap_version = "5.2";  // what systemtap_v compares with
  std::string runtime = "bpf";
  bool guru_mode = false;
  std::vector<std::string> args;                     // $1… and @1…
  std::map<std::string, std::string> kernel_config;  // CONFIG_… → "y", "m", "100", "\"text\""
};

// Macros (@define) seen so far; a tapset's files fill it first. It lives no longer
// than the SourceSet: parse the tapset, then the user's file, with one table.
struct MacroTable;
std::shared_ptr<MacroTable> NewMacroTable();

// The longest script that is parsed, in bytes.
inline constexpr size_t kMaxScriptBytes = 16 << 20;

// Parses one file. Never fails: what is wrong goes to `diagnostics`, and the
// tree holds what was understood. Unused script arguments are the caller's to
// report: File::arguments_used says which were.
std::unique_ptr<File> Parse(const source::SourceSet& sources, source::FileId file,
                            const Environment& environment, source::Diagnostics& diagnostics);
std::unique_ptr<File> Parse(const source::SourceSet& sources, source::FileId file,
                            const Environment& environment, MacroTable& macros,
                            source::Diagnostics& diagnostics);

// Tokens of a file, one a line: `--dump=tokens`.
std::string DumpTokens(const source::SourceSet& sources, source::FileId file,
                       const Environment& environment, source::Diagnostics& diagnostics);

struct CheckOptions {
  std::map<std::string, std::string> global_overrides;  // -G NAME=VALUE
  bool guru_mode = false;
};

// Expands aliases, resolves names, infers types. `tapset` files give aliases,
// functions and globals; only what the user's file reaches becomes part of the
// Script. Provider points (begin, kernel.trace, …) are left for probes/ to
// resolve; `primitive_roots` are the first components that providers own
// ("begin", "timer", "kernel", "process", …).
Script Check(const source::SourceSet& sources, std::unique_ptr<File> user,
             std::vector<std::unique_ptr<File>> tapset,
             const std::vector<std::string>& primitive_roots, const CheckOptions& options,
             source::Diagnostics& diagnostics);

}  // namespace podtap::lang
