// Moments as people and programs read them.
#pragma once

#include <cstdint>
#include <string>

namespace podtap::report {

// In the time zone of this process (TZ, /etc/localtime), to the millisecond.
std::string LocalDateTime(int64_t unix_ns);  // "2026-07-30 14:03:22.123 +0200"
std::string LocalTime(int64_t unix_ns);      // "14:03:22.123"
// "14:03" of the day of `today`, else "2026-07-01 08:12".
std::string LocalSince(int64_t unix_ns, int64_t today);
// RFC 3339 in UTC: "2026-07-30T12:03:22.123456789Z".
std::string Rfc3339(int64_t unix_ns);
// Against the end: "-0.012 s", " 0.000 s".
std::string Relative(int64_t ns);

}  // namespace podtap::report
