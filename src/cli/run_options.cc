#include "cli/run_options.h"

#include <CLI/CLI.hpp>
#include <charconv>
#include <cmath>

namespace podtap::cli {

struct RawRunOptions {
  std::vector<std::string> positional;
  std::string script_text;
  std::string command;
  std::string pid;
  std::string pass;
  std::string output;
  std::string list, list_vars;
  std::string buffer;
  std::string timeout;
  std::vector<std::string> globals, defines;
  std::string dump;
  int verbose = 0;
  bool guru = false, no_warnings = false, version = false, json = false, in_kernel = false;
  CLI::Option* text_option = nullptr;
  CLI::Option* list_option = nullptr;
  CLI::Option* list_vars_option = nullptr;
  // stap's options that have nothing to do here: accepted, with a note.
  struct Ignored {
    CLI::Option* option = nullptr;
    std::string name;
    std::string why;
    bool silent = false;
    std::vector<std::string> values;
    bool flag = false;
  };
  std::vector<std::unique_ptr<Ignored>> ignored;
};

namespace {

struct IgnoredRow {
  const char* names;
  bool takes_value;
  bool silent;  // needs no note: what it asks for is so anyway
  const char* why;
};

constexpr IgnoredRow kIgnored[] = {
    {"-m", true, true, "there is no module to name"},
    {"-d", true, true, "symbols come from the kernel's own BTF"},
    {"-k", false, false, "there is no temporary directory to keep"},
    {"-q", false, false, "there is no build to tag"},
    {"-u", false, false, "the optimiser always runs"},
    {"-t", false, false, "use -v for the time of each pass"},
    {"-b", false, false, "events always go through one ring buffer"},
    {"-F", false, false, "run it under a service manager to keep it in the background"},
    {"-P", false, false, "no unwinder is used"},
    {"-W", false, false, "warnings stay warnings"},
    {"-I", true, false, "podtap's tapset is built in"},
    {"-R", true, false, "there is no runtime directory"},
    {"-r", true, false, "podtap compiles for the running kernel only"},
    {"-a", true, false, "podtap compiles for the running machine only"},
    {"-B", true, false, "nothing is built"},
    {"-S", true, false, "output files are not rotated"},
    {"-j", true, false, "nothing is built"},
    {"--vp", true, false, "use -v"},
    {"--runtime", true, true, "the runtime is always eBPF"},
    {"--bpf", false, true, "the runtime is always eBPF"},
    {"--compatible", true, true, ""},
    {"--disable-cache", false, true, "there is no cache"},
    {"--clean-cache", false, true, "there is no cache"},
    {"--poison-cache", false, true, "there is no cache"},
    {"--all-modules", false, true, "symbols come from the kernel's own BTF"},
    {"--ldd", false, true, ""},
    {"--skip-badvars", false, false, "a variable that isn't there stays an error"},
    {"--suppress-time-limits", false, false,
     "the limit on actions stays; raise it with -D MAXACTION=N"},
    {"--suppress-handler-errors", false, false, "run-time errors stay errors"},
    {"--color,--colour", true, true, ""},
    {"--prologue-searching", true, true, ""},
    {"--privilege", true, false, "podtap needs root or CAP_BPF and CAP_PERFMON"},
    {"--unprivileged", false, false, "podtap needs root or CAP_BPF and CAP_PERFMON"},
    {"--use-server", true, false, "nothing is built, so no server is needed"},
    {"--remote", true, false, "run podtap on that machine"},
    {"--sysroot", true, false, "podtap reads the running system"},
    {"--target-namespaces", true, false, "ns_* functions tell each process's own namespace"},
};

Error Usage(std::string tried, std::string reason, std::string remedy = "") {
  return Error{.kind = ErrorKind::kUsage,
               .tried = std::move(tried),
               .on = "",
               .reason = std::move(reason),
               .error_number = 0,
               .remedy = std::move(remedy),
               .detail = ""};
}

template <typename T>
bool ParseNumber(std::string_view text, T& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

struct LimitRow {
  const char* name;
  uint32_t ir::Limits::*member;
  uint32_t low, high;
};
constexpr LimitRow kLimits[] = {
    {"MAXSTRINGLEN", &ir::Limits::max_string, 8, 4096},
    {"MAXACTION", &ir::Limits::max_action, 1, 1'000'000},
    {"MAXACTION_INTERRUPTIBLE", &ir::Limits::max_action_user, 1, 1'000'000'000},
    {"MAXMAPENTRIES", &ir::Limits::max_map_entries, 1, 10'000'000},
    {"MAXNESTING", &ir::Limits::max_nesting, 1, 100},
    {"MAXERRORS", &ir::Limits::max_errors, 0, 1'000'000},
};

Result<void> ApplyDefine(const std::string& define, RunOptions& options) {
  const size_t equals = define.find('=');
  const std::string name = define.substr(0, equals);
  for (const LimitRow& row : kLimits) {
    if (name != row.name) continue;
    uint32_t value = 0;
    if (equals == std::string::npos ||
        !ParseNumber(std::string_view(define).substr(equals + 1), value) || value < row.low ||
        value > row.high) {
      return std::unexpected(Usage("use -D " + define, name + " takes a number from " +
                                                           std::to_string(row.low) + " to " +
                                                           std::to_string(row.high)));
    }
    options.limits.*row.member = value;
    if (row.member == &ir::Limits::max_action) options.limits.max_action_user = value * 10;
    return {};
  }
  options.notes.push_back("-D " + define + " means nothing to podtap");
  return {};
}

}  // namespace

std::shared_ptr<RawRunOptions> DeclareRunOptions(CLI::App& app) {
  auto raw = std::make_shared<RawRunOptions>();
  RawRunOptions& r = *raw;
  app.add_option("script", r.positional,
                 "FILE with the script (- for standard input), then its arguments")
      ->type_name("FILE [ARGS...]");
  r.text_option = app.add_option("-e", r.script_text, "Run SCRIPT")->type_name("SCRIPT");
  app.add_option("-c", r.command,
                 "Start CMD when the probes are armed, end with it; target() is its pid")
      ->type_name("CMD");
  app.add_option("-x", r.pid, "target() is PID")->type_name("PID");
  app.add_flag("-v", r.verbose, "Say what each pass did and how long it took; more with -vv");
  app.add_option("-p", r.pass,
                 "Stop after pass N: 1 parse, 2 analysis, 3 translation, 4 loading, 5 run")
      ->type_name("N");
  app.add_option("-o", r.output, "Write what the script prints to FILE")->type_name("FILE");
  r.list_option =
      app.add_option("-l", r.list, "List the probe points that match")->type_name("PATTERN");
  r.list_vars_option = app.add_option("-L", r.list_vars, "List them with their context variables")
                           ->type_name("PATTERN");
  app.add_flag("-g", r.guru, "Guru mode");
  app.add_option("-s", r.buffer, "Ring buffer of N MiB (default 4)")->type_name("N");
  app.add_option("-G", r.globals, "Set a global variable's initial value")
      ->type_name("VAR=VALUE")
      ->take_all()
      ->allow_extra_args(false);
  app.add_option("-D", r.defines, "Set a limit: MAXSTRINGLEN, MAXACTION, MAXMAPENTRIES, MAXNESTING")
      ->type_name("NAME=VALUE")
      ->take_all()
      ->allow_extra_args(false);
  app.add_flag("-w", r.no_warnings, "No warnings");
  app.add_option("-T", r.timeout, "End after SECONDS")->type_name("SECONDS");
  app.add_flag("-V,--version", r.version, "Print the version");
  app.add_flag("--json", r.json, "Print one JSON object a line");
  app.add_option("--dump", r.dump,
                 "Print what passes a stage: tokens, tree, checked, ir, bpf, attach or events")
      ->type_name("STAGE");
  app.add_flag("--user-probes-in-kernel", r.in_kernel)->group("");
  for (const IgnoredRow& row : kIgnored) {
    auto ignored = std::make_unique<RawRunOptions::Ignored>();
    ignored->name = row.names;
    ignored->why = row.why;
    ignored->silent = row.silent;
    if (row.takes_value) {
      ignored->option =
          app.add_option(row.names, ignored->values)->take_all()->allow_extra_args(false);
    } else {
      ignored->option = app.add_flag(row.names, ignored->flag);
    }
    ignored->option->group("");
    r.ignored.push_back(std::move(ignored));
  }
  return raw;
}

Result<RunOptions> FinishRunOptions(const RawRunOptions& raw) {
  RunOptions options;
  options.show_version = raw.version;
  options.verbose = raw.verbose;
  options.output_file = raw.output;
  options.guru = raw.guru;
  options.suppress_warnings = raw.no_warnings;
  options.json = raw.json;
  options.dump = raw.dump;
  options.command = raw.command;
  options.user_side_in_kernel = raw.in_kernel;
  for (const auto& ignored : raw.ignored) {
    if (ignored->option->count() > 0 && !ignored->silent) {
      options.notes.push_back("option " + ignored->name + " has no effect: " + ignored->why);
    }
  }
  options.list = raw.list_option->count() > 0 || raw.list_vars_option->count() > 0;
  options.list_vars = raw.list_vars_option->count() > 0;
  options.list_pattern = options.list_vars ? raw.list_vars : raw.list;
  options.has_text = raw.text_option->count() > 0;
  options.script_text = raw.script_text;
  options.args = raw.positional;
  if (!options.has_text && !options.list && !options.show_version) {
    if (options.args.empty()) {
      return std::unexpected(Usage("run", "no script was given",
                                   "name a file, or use -e 'SCRIPT' (see podtap run --help)"));
    }
    options.script_file = options.args.front();
    options.args.erase(options.args.begin());
  }
  if (!raw.pid.empty() && (!ParseNumber(raw.pid, options.target_pid) || options.target_pid <= 0)) {
    return std::unexpected(Usage("use -x " + raw.pid, "it isn't a process id"));
  }
  if (!raw.pass.empty() && (!ParseNumber(raw.pass, options.last_pass) || options.last_pass < 1 ||
                            options.last_pass > 5)) {
    return std::unexpected(Usage("use -p " + raw.pass, "passes are 1 to 5"));
  }
  if (!raw.buffer.empty()) {
    uint64_t mebibytes = 0;
    if (!ParseNumber(raw.buffer, mebibytes) || mebibytes < 1 || mebibytes > 1024) {
      return std::unexpected(Usage("use -s " + raw.buffer, "the buffer is 1 to 1024 MiB"));
    }
    options.buffer_bytes = mebibytes << 20;
  }
  if (!raw.timeout.empty()) {
    double seconds = 0;
    if (!ParseNumber(raw.timeout, seconds) || !(seconds > 0) || seconds > 1e9) {
      return std::unexpected(Usage("use -T " + raw.timeout, "it isn't a number of seconds"));
    }
    options.timeout_ms = static_cast<int64_t>(std::ceil(seconds * 1000));
  }
  for (const std::string& assignment : raw.globals) {
    const size_t equals = assignment.find('=');
    if (equals == std::string::npos || equals == 0) {
      return std::unexpected(Usage("use -G " + assignment, "it isn't of the form VAR=VALUE"));
    }
    options.globals[assignment.substr(0, equals)] = assignment.substr(equals + 1);
  }
  for (const std::string& define : raw.defines) {
    if (auto applied = ApplyDefine(define, options); !applied) {
      return std::unexpected(std::move(applied.error()));
    }
  }
  return options;
}

}  // namespace podtap::cli
