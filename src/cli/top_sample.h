// The node's containers and the store's deaths now → a snapshot of podtap top.
#pragma once

#include <string>

#include "cli/runtime_options.h"
#include "cli/store_options.h"
#include "top/snapshot.h"
#include "top/view.h"

namespace podtap::cli {

// Waits for the runtimes, no longer than their time-out. What can't be had stands in the
// snapshot as a problem. Error: options that can't be used.
Result<top::Snapshot> TakeSnapshot(const RuntimeOptions& runtime, const StoreOptions& store);

// A death's verdict, or why it can't be told, for a terminal of so many columns.
top::Story TellStory(const StoreOptions& store, int64_t death, int columns);

}  // namespace podtap::cli
