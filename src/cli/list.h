// -l and -L: which probe points match a pattern.
#pragma once

#include "cli/run_options.h"
#include "kernel/kernel.h"

namespace podtap::cli {

// Prints them; status 0 only if one matched.
int ListPoints(const RunOptions& options, kernel::Kernel& kernel);

}  // namespace podtap::cli
