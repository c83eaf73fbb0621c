// A point in time as an operator writes it → Unix nanoseconds.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace podtap::cli {

// "90s", "15m", "2h", "3d": so long before `now`; "14:03", "14:03:22": today, or yesterday
// if that is still to come; "2026-11-26", "2026-11-26 14:03", "2026-11-26T14:03:22",
// RFC 3339 with a zone. Without a zone it is the local time. Else kUsage.
Result<int64_t> ParseWhen(const std::string& text, int64_t now_unix_ns);

}  // namespace podtap::cli
