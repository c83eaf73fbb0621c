// What `podtap watch -o json` streams beside verdicts: one object a line.
//
// "schema": "podtap.fact/v1", "time", "container" and "pod" as in a verdict, and either
// "started": the first process' number, or "fact": the row as evidence has it.
#pragma once

#include <cstdint>
#include <string>

#include "container/container.h"
#include "store/evidence.h"

namespace podtap::report {

std::string StartJson(const container::Container& container, int64_t unix_ns);
// A container that has not died: "schema": "podtap.life/v1", "container", "pod", "state",
// and "since", when it started.
std::string LifeJson(const container::Container& container);
std::string FactJson(const container::Container& container, const store::Row& row,
                     int64_t real_minus_boot_ns);

}  // namespace podtap::report
