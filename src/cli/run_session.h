// A session: the compiled script runs until something ends it.
#pragma once

#include "cli/pipeline.h"
#include "cli/run_options.h"
#include "kernel/kernel.h"

namespace podtap::cli {

// Passes 4 and 5. Returns the exit status.
int RunSession(Compilation& compilation, kernel::Kernel& kernel, const RunOptions& options,
               int64_t process_started_ns);

}  // namespace podtap::cli
