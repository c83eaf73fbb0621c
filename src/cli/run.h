// `podtap run`, and stap.
#pragma once

#include <cstdint>

#include "cli/run_options.h"

namespace podtap::cli {

// Returns the exit status.
int Run(const RunOptions& options, int64_t process_started_ns);
int PrintVersion();

}  // namespace podtap::cli
