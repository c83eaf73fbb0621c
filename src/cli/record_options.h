// The options of `podtap record`: flags, and a file that says the same.
#pragma once

#include <memory>
#include <set>
#include <string>

#include "cli/runtime_options.h"
#include "cli/testimony_options.h"
#include "store/database.h"

namespace CLI {
class App;
}

namespace podtap::cli {

struct RecordOptions {
  RuntimeOptions runtime;
  TestimonyOptions testimony;
  std::string store = store::kDefaultFolder;
  std::string group;
  double keep_days = 7;
  uint32_t keep_mib = 256;
  uint32_t ring_mib = 8;
  std::string listen = "127.0.0.1:9746";
  std::string notify_command;
  std::string notify_url;
  std::string log_format = "text";
  std::string config;
  bool check_config = false;
  bool keep_capabilities = false;
  int verbose = 0;

  store::Retention retention() const;
};

// Options and the file that they came from, to be read again.
class RecordSettings {
 public:
  // Declares the options on `app`, which must outlive this.
  explicit RecordSettings(CLI::App& app);

  // After the command line was parsed: what it doesn't say is taken from the file. A key
  // that isn't an option's, or a wrong value, is an error of kUsage that names file and key.
  Result<void> ReadFile();
  // The same options as they stand in the file now; the command line's stay.
  Result<RecordOptions> ReadAgain() const;
  const RecordOptions& options() const { return options_; }
  // The file that was read; empty: none.
  const std::string& file() const { return file_; }

 private:
  CLI::App& app_;
  RecordOptions options_;
  std::set<std::string> given_;  // on the command line
  std::string file_;
};

}  // namespace podtap::cli
