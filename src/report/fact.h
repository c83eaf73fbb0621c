// One fact in one line.
//
// Callers: text.cc for a verdict's evidence, and `podtap watch` as it happens.
#pragma once

#include <functional>
#include <string>

#include "store/evidence.h"

namespace podtap::report {

// What is known of a process, by whoever keeps them; nullptr: nothing.
using FindProcess = std::function<const store::Process*(const store::ProcessKey&)>;

// "pkill(23549) sent SIGKILL to server(7942)", not yet escaped.
std::string FactText(const store::Row& row, const FindProcess& find);

// "14:03:22.123 pkill(23549) sent SIGKILL to server(7942), parent bash(23495)", escaped,
// without a newline. `real_minus_boot_ns` as in store::Death.
std::string FactLine(const store::Row& row, const FindProcess& find, int64_t real_minus_boot_ns);

}  // namespace podtap::report
