// `podtap watch`: what happens to containers, as it happens, and why they died.
#pragma once

#include <cstdint>

#include "cli/watch_options.h"

namespace podtap::cli {

// Returns the exit status.
int Watch(const WatchOptions& options, int64_t process_started_ns);

}  // namespace podtap::cli
