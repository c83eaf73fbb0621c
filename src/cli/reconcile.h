// What died while nobody recorded.
//
// What enters: lives that the store thinks go on, and the runtimes' answers now. What
// leaves: a death for each that doesn't, made of what can still be found out; none of it
// was watched, so that the verdict is likely at best.
#pragma once

#include <cstdint>
#include <functional>
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

// Calls `take` for each; takes as long as runtimes, journal and kernel log need. May run on
// a thread of its own: it opens what it needs.
void Reconcile(const std::vector<store::LifeRow>& lives, const BlindTime& blind,
               const RuntimeOptions& runtime, const TestimonyOptions& testimony,
               const std::function<void(store::Death)>& take);

}  // namespace podtap::cli
