#include "cli/record_options.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "base/escape.h"
#include "serve/address.h"
#include "serve/notifier.h"

namespace podtap::cli {
namespace {

constexpr const char* kDefaultConfig = "/etc/podtap/record.toml";

constexpr const char* kExamples = R"(Examples:
  podtap record                             into /var/lib/podtap, until SIGTERM
  podtap record --store /data/podtap --keep-days 30 --keep-mib 1024
  podtap record --notify-command 'logger -t podtap'
  podtap record --check-config              is the file right?
  systemctl enable --now podtap             the same as a service

It watches every container of the node, keeps each death with its evidence, and
what killed other processes. podtap why and podtap events read the store.

The file holds the long options as TOML: keep-days = 30. The command line goes
first. SIGHUP reads the file again: how much is kept and who is notified change at
once, the rest with the next start. The notified command gets the verdict as JSON
on its standard input; a URL gets it by POST.

Exit status: 0 ended by SIGTERM or SIGINT; 1 another recorder is at work, or the
store can't be understood; 2 wrong usage or file; 3 not privileged; 4 not supported
by this kernel; 5 a system call failed.)";

std::unexpected<Error> Wrong(const std::string& file, const std::string& reason,
                             std::string remedy = "podtap record --help lists the options") {
  return std::unexpected(Error{.kind = ErrorKind::kUsage,
                               .tried = "understand the settings in",
                               .on = file,
                               .reason = Escape(reason),
                               .remedy = std::move(remedy)});
}

void Declare(CLI::App& app, RecordOptions& options) {
  app.add_option("--store", options.store, "The folder to record into (/var/lib/podtap)")
      ->type_name("DIR");
  app.add_option("--group", options.group, "Whose members may read the store")->type_name("NAME");
  app.add_option("--keep-days", options.keep_days, "Forget what is older (7)")
      ->check(CLI::Range(0.001, 36500.0))
      ->type_name("N");
  app.add_option("--keep-mib", options.keep_mib, "Forget the oldest beyond this size (256)")
      ->check(CLI::Range(1, 1 << 20))
      ->type_name("N");
  app.add_option("--listen", options.listen,
                 "Where /metrics and /healthz are served (127.0.0.1:9746), or off")
      ->type_name("ADDRESS");
  app.add_option("--notify-command", options.notify_command,
                 "Run this by sh at each death, the verdict on its standard input")
      ->type_name("COMMAND");
  app.add_option("--notify-url", options.notify_url, "POST the verdict there at each death")
      ->type_name("URL");
  app.add_option("--log-format", options.log_format, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->type_name("FORMAT");
  DeclareTestimonyOptions(app, options.testimony);
  DeclareRuntimeOptions(app, options.runtime);
  app.add_option("-s,--ring-mib", options.ring_mib, "Ring buffer in MiB (8)")
      ->check(CLI::Range(1, 1024))
      ->type_name("N");
  app.add_flag("--keep-capabilities", options.keep_capabilities,
               "Don't give up the privileges that recording doesn't need");
}

// Sets what the file says, but for what is in `skip`.
Result<void> Apply(CLI::App& app, const std::string& file, const std::set<std::string>& skip) {
  std::error_code none;
  if (const auto type = std::filesystem::status(file, none).type();
      type != std::filesystem::file_type::regular &&
      type != std::filesystem::file_type::not_found) {
    return Wrong(file, "it is no file", "name a file with --config");
  }
  std::ifstream input(file);
  if (!input) return std::unexpected(SystemError("read the settings in", file, errno));
  // The library throws; what it says goes no further than here.
  try {
    for (const CLI::ConfigItem& item : CLI::ConfigTOML().from_config(input)) {
      if (item.name == "++" || item.name == "--") {
        return Wrong(file, "there are no sections: [" + item.parents.back() + "]");
      }
      CLI::Option* option = app.get_option_no_throw("--" + item.name);
      if (option == nullptr || item.name == "config" || item.name == "check-config") {
        return Wrong(file, "there is no setting " + item.name);
      }
      if (skip.contains(option->get_name())) continue;
      try {
        option->clear();
        for (const std::string& value : item.inputs) option->add_result(value);
        option->run_callback();
      } catch (const CLI::Error& error) {
        return Wrong(file, item.name + ": " + error.what());
      }
    }
  } catch (const CLI::Error& error) {
    return Wrong(file, error.what(), "it is TOML: keep-days = 30");
  }
  return {};
}

Result<void> CheckSense(const RecordOptions& options, const std::string& where) {
  if (!options.notify_command.empty() && !options.notify_url.empty()) {
    return Wrong(where, "notify-command and notify-url exclude each other", "leave out one");
  }
  if (options.store.empty()) return Wrong(where, "store names no folder");
  if (!std::isfinite(options.keep_days)) return Wrong(where, "keep-days is no number");
  if (options.listen != "off") {
    if (auto at = serve::ParseHostPort(options.listen); !at) {
      return std::unexpected(std::move(at.error()));
    }
  }
  if (!options.notify_url.empty()) {
    if (auto url = serve::ParseUrl(options.notify_url); !url) {
      return std::unexpected(std::move(url.error()));
    }
  }
  return CheckRuntimeOptions(options.runtime);
}

}  // namespace

store::Retention RecordOptions::retention() const {
  return {.most_age_ns = static_cast<int64_t>(keep_days * 86400e9),
          .most_bytes = int64_t{keep_mib} << 20};
}

RecordSettings::RecordSettings(CLI::App& app) : app_(app) {
  app.footer(std::string(kExamples) + "\n\n" + kEndpointHelp);
  Declare(app, options_);
  app.add_option("--config", options_.config, "A file of settings (/etc/podtap/record.toml)")
      ->type_name("FILE");
  app.add_flag("--check-config", options_.check_config, "Say whether the settings are right; end");
  app.add_flag("-v", options_.verbose, "Say what is done; twice for more");
}

Result<void> RecordSettings::ReadFile() {
  for (const CLI::Option* option : app_.get_options()) {
    if (option->count() > 0) given_.insert(option->get_name());
  }
  file_ = options_.config;
  if (file_.empty() && ::access(kDefaultConfig, F_OK) == 0) file_ = kDefaultConfig;
  if (!file_.empty()) {
    if (auto applied = Apply(app_, file_, given_); !applied) return applied;
  }
  return CheckSense(options_, file_.empty() ? "the command line" : file_);
}

Result<RecordOptions> RecordSettings::ReadAgain() const {
  CLI::App app;
  RecordOptions options;
  Declare(app, options);
  if (!file_.empty()) {
    if (auto applied = Apply(app, file_, given_); !applied) {
      return std::unexpected(std::move(applied.error()));
    }
  }
  // What the command line said goes first, as at the start.
  const auto keep = [&](const char* name, auto member) {
    if (given_.contains(name)) options.*member = options_.*member;
  };
  keep("--keep-days", &RecordOptions::keep_days);
  keep("--keep-mib", &RecordOptions::keep_mib);
  keep("--notify-command", &RecordOptions::notify_command);
  keep("--notify-url", &RecordOptions::notify_url);
  if (auto right = CheckSense(options, file_); !right) {
    return std::unexpected(std::move(right.error()));
  }
  return options;
}

}  // namespace podtap::cli
