#include "cli/pipeline.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <ctime>

#include "base/fd.h"
#include "cli/exit_status.h"
#include "cli/standard_output.h"
#include "interp/interp.h"
#include "ir/passes.h"
#include "lang/lang.h"
#include "lower/lower.h"
#include "print/printer.h"
#include "probes/probes.h"
#include "tapset/select.h"

namespace podtap::cli {
namespace {

constexpr size_t kMaxScript = 64u << 20;

Result<std::string> ReadAll(const std::string& path) {
  const Fd fd(path == "-" ? ::dup(0) : ::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return std::unexpected(SystemError("read the script", path, errno));
  std::string text;
  char buffer[65536];
  while (true) {
    const ssize_t n = ::read(fd.get(), buffer, sizeof buffer);
    if (n == 0) return text;
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return std::unexpected(SystemError("read the script", path, errno));
    text.append(buffer, static_cast<size_t>(n));
    if (text.size() > kMaxScript) {
      return std::unexpected(Error{.kind = ErrorKind::kInput,
                                   .tried = "read the script",
                                   .on = path,
                                   .reason = "it is longer than 64 MiB",
                                   .error_number = 0,
                                   .remedy = "",
                                   .detail = ""});
    }
  }
}

std::string BaseName(const std::string& path) {
  if (path == "-") return "<input>";
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

lang::Environment MakeEnvironment(const RunOptions& options, kernel::Kernel& kernel,
                                  std::string_view text) {
  lang::Environment environment;
  environment.kernel_release = kernel.release();
  environment.guru_mode = options.guru;
  environment.args = options.args;
  if (text.find("CONFIG_") != std::string_view::npos) environment.kernel_config = kernel.config();
  return environment;
}

}  // namespace

int64_t MonotonicNs() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

void PrintError(const Error& error, int verbose) {
  std::string text = "podtap: " + print::EscapeControls(error.Message()) + "\n";
  if (verbose > 0 && !error.detail.empty()) text += error.detail + "\n";
  std::fputs(text.c_str(), stderr);
}

int Fail(const Error& error, int verbose) {
  PrintError(error, verbose);
  return StatusOf(error.kind);
}

void Pipeline::Passed(int pass, const std::string& text) {
  const int64_t now = MonotonicNs();
  if (options_.verbose > 0) {
    std::fprintf(stderr, "Pass %d: %s in %lld us.\n", pass, text.c_str(),
                 static_cast<long long>((now - pass_started_ns_) / 1000));
  }
  pass_started_ns_ = now;
}

bool Pipeline::Finish(const std::string& text) {
  if (auto written = WriteOut(text); !written) status_ = Fail(written.error());
  return false;
}

bool Pipeline::Report(const source::SourceSet& sources, const source::Diagnostics& diagnostics,
                      int pass) {
  const bool color = isatty(STDERR_FILENO) != 0 && std::getenv("NO_COLOR") == nullptr;
  std::string text = source::Render(sources, diagnostics, color, !options_.suppress_warnings);
  if (diagnostics.has_errors()) {
    if (pass == 1) {
      text += std::to_string(diagnostics.error_count()) + " parse error" +
              (diagnostics.error_count() == 1 ? "" : "s") + ".\nPass 1: parse failed.\n";
    } else {
      text += "Pass 2: analysis failed.\n";
    }
    status_ = kScriptFailed;
  }
  std::fputs(text.c_str(), stderr);
  return diagnostics.has_errors();
}

// Read once: standard input can't be read again.
Result<std::string> Pipeline::ScriptText() {
  if (options_.has_text) return options_.script_text;
  if (!script_text_) {
    Result<std::string> text = ReadAll(options_.script_file);
    if (!text) return text;
    script_text_ = std::move(*text);
  }
  return *script_text_;
}

bool Pipeline::Parse(Compilation& compilation) {
  Result<std::string> text = ScriptText();
  if (!text) {
    PrintError(text.error(), options_.verbose);
    status_ = kScriptFailed;
    return false;
  }
  const lang::Environment environment = MakeEnvironment(options_, kernel_, *text);
  source::Diagnostics diagnostics;
  const auto macros = lang::NewMacroTable();
  size_t tapset_files = 0;
  for (tapset::Selected& script : tapset::Select(whole_tapset_ ? "*." : *text)) {
    if (script.text.empty()) continue;
    tapset_files++;
    const source::FileId id =
        compilation.sources.Add(std::string(script.name), std::move(script.text), true);
    tapset_.push_back(lang::Parse(compilation.sources, id, environment, *macros, diagnostics));
  }
  const source::FileId id = compilation.sources.Add(
      options_.has_text ? "<input>" : BaseName(options_.script_file), std::move(*text));
  if (options_.dump == "tokens") {
    const std::string dump = lang::DumpTokens(compilation.sources, id, environment, diagnostics);
    if (Report(compilation.sources, diagnostics, 1)) return false;
    return Finish(dump);
  }
  user_ = lang::Parse(compilation.sources, id, environment, *macros, diagnostics);
  for (size_t i = 0; i < user_->arguments_used.size(); i++) {
    if (!user_->arguments_used[i]) {
      diagnostics.Warning({}, source::TokenClass::kIdentifier,
                          "unused command line argument $" + std::to_string(i + 1));
    }
  }
  if (Report(compilation.sources, diagnostics, 1)) return false;
  Passed(1, "parsed the script and " + std::to_string(tapset_files) + " tapset files");
  if (options_.dump == "tree" || (options_.last_pass == 1 && options_.dump.empty())) {
    return Finish(lang::Dump(*user_));
  }
  return true;
}

bool Pipeline::Analyse(Compilation& compilation) {
  source::Diagnostics diagnostics;
  lang::CheckOptions check;
  check.global_overrides = options_.globals;
  check.guru_mode = options_.guru;
  compilation.script = lang::Check(compilation.sources, std::move(user_), std::move(tapset_),
                                   probes::ProviderRoots(), check, diagnostics);
  if (options_.dump == "checked") {
    if (diagnostics.has_errors() && !whole_tapset_) {
      retry_ = true;
      return false;
    }
    if (Report(compilation.sources, diagnostics, 2)) return false;
    return Finish(lang::Dump(compilation.script));
  }
  if (diagnostics.has_errors()) {
    // What was meant may be a name in a piece of the tapset that was left out.
    if (!whole_tapset_) {
      retry_ = true;
      return false;
    }
    Report(compilation.sources, diagnostics, 2);
    return false;
  }
  lower::Options options;
  options.limits = options_.limits;
  options.target_pid = options_.target_pid;
  options.guru_mode = options_.guru;
  Result<ir::Module> module =
      lower::Lower(compilation.sources, compilation.script, kernel_, options, diagnostics);
  if (!module) {
    Report(compilation.sources, diagnostics, 2);
    PrintError(module.error(), options_.verbose);
    status_ = StatusOf(module.error().kind);
    return false;
  }
  if (Report(compilation.sources, diagnostics, 2)) return false;
  compilation.module = std::move(*module);
  if (compilation.module.programs.empty()) {
    std::fputs("semantic error: no probes found\nPass 2: analysis failed.\n", stderr);
    status_ = kScriptFailed;
    return false;
  }
  Passed(2, "analyzed script: " + std::to_string(compilation.module.programs.size()) + " probes, " +
                std::to_string(compilation.script.functions.size()) + " functions, " +
                std::to_string(compilation.module.globals.size()) + " globals");
  if (options_.last_pass == 2 && options_.dump.empty()) {
    return Finish(lang::Dump(compilation.script));
  }
  return true;
}

bool Pipeline::Translate(Compilation& compilation) {
  ir::Module& module = compilation.module;
  if (options_.user_side_in_kernel) {
    for (ir::Global& global : module.globals) global.in_kernel = true;
  }
  ir::BoxStrings(module, options_.user_side_in_kernel);
  ir::Optimise(module);
  ir::InferCaps(module);
  ir::AddStoreCalls(module, options_.user_side_in_kernel);
  if (const Result<void> verified = ir::Verify(module); !verified) {
    PrintError(verified.error(), options_.verbose);
    status_ = kInternalError;
    return false;
  }
  compilation.layout = ir::MakeLayout(module, options_.user_side_in_kernel);
  if (options_.dump == "ir") return Finish(ir::Dump(module));
  Passed(3, "translated script into " + std::to_string(module.programs.size()) + " programs");
  return true;
}

std::unique_ptr<Compilation> Pipeline::Compile() {
  pass_started_ns_ = MonotonicNs();
  auto compilation = std::make_unique<Compilation>();
  const bool done = Parse(*compilation) && Analyse(*compilation) && Translate(*compilation);
  if (done) return compilation;
  if (!retry_) return nullptr;
  // Once more with the whole tapset, for the sake of the messages.
  retry_ = false;
  whole_tapset_ = true;
  tapset_.clear();
  return Compile();
}

}  // namespace podtap::cli
