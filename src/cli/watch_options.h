// The options of `podtap watch`.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/runtime_options.h"
#include "cli/testimony_options.h"
#include "container/target.h"

namespace CLI {
class App;
}

namespace podtap::cli {

struct WatchOptions {
  std::vector<container::Target> targets;  // one at least; kAll stands alone
  bool once = false;
  bool json = false;
  bool classic = false;
  bool all_facts = false;
  int verbose = 0;
  uint64_t ring_bytes = 8u << 20;
  RuntimeOptions runtime;
  TestimonyOptions testimony;
  std::string evidence_folder;  // each death's evidence is written there; empty: nowhere
};

struct RawWatchOptions;
std::shared_ptr<RawWatchOptions> DeclareWatchOptions(CLI::App& app);
// After parsing. Errors are kUsage.
Result<WatchOptions> FinishWatchOptions(const RawWatchOptions& raw);

}  // namespace podtap::cli
