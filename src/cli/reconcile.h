// What died while nobody recorded.
//
// What enters: lives that the store thinks go on, and the runtimes' answers now. What
// leaves: a death for each that doesn't, made of what can still be found out; none of it
// was watched, so that the verdict is likely at best.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "cli/runtime_options.h"
#include "cli/testimony_options.h"
#include "store/evidence.h"
#include "store/rows.h"

namespace podtap::cli {

// When nobody recorded.
struct BlindTime {
  int64_t from_unix_ns = 0;
  int64_t to_unix_ns = 0;
};

// The deaths of that time: of `lives`, whose end isn't known, and of what began and ended
// meanwhile and its runtime still knows, unless the store in `folder` has them. Calls `take`
// for each; takes as long as runtimes, journal and kernel log need. May run on
// a thread of its own: it opens what it needs.
void Reconcile(const std::vector<store::LifeRow>& lives, const BlindTime& blind,
               const std::string& folder, const RuntimeOptions& runtime,
               const TestimonyOptions& testimony, const std::function<void(store::Death)>& take);

}  // namespace podtap::cli
