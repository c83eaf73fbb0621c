// The node's containers and the store's deaths now → a snapshot of podtap top.
#pragma once

#include <string>
#include <vector>

#include "cli/runtime_options.h"
#include "cli/store_options.h"
#include "container/target.h"
#include "top/snapshot.h"
#include "top/view.h"

namespace podtap::cli {

struct SampleOptions {
  RuntimeOptions runtime;
  StoreOptions store;
  std::vector<container::Target> targets;  // empty: the whole node
};

// Waits for the runtimes, no longer than their time-out. What can't be had stands in the
// snapshot as a problem. Error: options that can't be used.
Result<top::Snapshot> TakeSnapshot(const SampleOptions& options);

// A death's verdict, or why it can't be told, for a terminal of so many columns.
// Of a row without one: what little is known.
top::Story TellStory(const StoreOptions& store, const top::Row& row, int columns);

}  // namespace podtap::cli
