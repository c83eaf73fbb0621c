// Lives, deaths and verdicts as the store's rows.
#pragma once

#include "store/rows.h"
#include "verdict/verdict.h"

namespace podtap::cli {

// `started_unix_ns`: for what no runtime has told the start of.
store::LifeRow LifeRowOf(const container::Container& container, int64_t started_unix_ns);
store::DeathRow DeathRowOf(const store::Death& death, const verdict::Verdict& verdict);
store::IncidentRow IncidentRowOf(const store::Death& death, const verdict::Verdict& verdict);

}  // namespace podtap::cli
