// The tracepoints, by tracefs and BTF together.
//
// tracefs knows the subsystem of each event, but leaves out bare tracepoints
// (DECLARE_TRACE: sched_util_est_cfs_tp …) and can be unmounted or unreadable;
// BTF knows every tracepoint that a program can be attached to, without its
// subsystem. Nothing is mounted.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/kernel.h"

namespace podtap::kernel {

// Where tracefs is mounted: the first of the usual places that has events/.
std::optional<std::string> FindTracefs();

// "SUBSYSTEM:NAME" lines, as available_events has them; other lines are skipped.
std::vector<Tracepoint> ParseAvailableEvents(std::string_view text);

// Adds BTF's tracepoints that the list lacks, with an empty subsystem. Sorted by
// subsystem, then name.
std::vector<Tracepoint> MergeBtfTracepoints(std::vector<Tracepoint> events, const Btf& btf);

}  // namespace podtap::kernel
