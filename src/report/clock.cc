#include "report/clock.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <ctime>

namespace podtap::report {
namespace {

constexpr int64_t kNsPerSecond = 1'000'000'000;

struct Parts {
  std::tm time{};
  int64_t ns = 0;
};

// Rounded down, so that the rest is not negative.
Parts Split(int64_t unix_ns, bool local) {
  Parts parts;
  std::time_t seconds = unix_ns / kNsPerSecond;
  parts.ns = unix_ns % kNsPerSecond;
  if (parts.ns < 0) {
    parts.ns += kNsPerSecond;
    seconds--;
  }
  if (local) {
    ::localtime_r(&seconds, &parts.time);
  } else {
    ::gmtime_r(&seconds, &parts.time);
  }
  return parts;
}

std::string Format(const char* format, const std::tm& time) {
  std::array<char, 64> text{};
  const size_t length = std::strftime(text.data(), text.size(), format, &time);
  return {text.data(), length};
}

}  // namespace

std::string LocalDateTime(int64_t unix_ns) {
  const Parts parts = Split(unix_ns, true);
  return Format("%Y-%m-%d %H:%M:%S", parts.time) + fmt::format(".{:03} ", parts.ns / 1'000'000) +
         Format("%z", parts.time);
}

std::string LocalTime(int64_t unix_ns) {
  const Parts parts = Split(unix_ns, true);
  return Format("%H:%M:%S", parts.time) + fmt::format(".{:03}", parts.ns / 1'000'000);
}

std::string LocalSince(int64_t unix_ns, int64_t today) {
  const std::tm then = Split(unix_ns, true).time;
  const std::tm now = Split(today, true).time;
  const bool same_day = then.tm_year == now.tm_year && then.tm_yday == now.tm_yday;
  return Format(same_day ? "%H:%M" : "%Y-%m-%d %H:%M", then);
}

std::string Rfc3339(int64_t unix_ns) {
  const Parts parts = Split(unix_ns, false);
  return Format("%Y-%m-%dT%H:%M:%S", parts.time) + fmt::format(".{:09}Z", parts.ns);
}

std::string Relative(int64_t ns) {
  const double seconds = static_cast<double>(ns) / static_cast<double>(kNsPerSecond);
  std::string text = fmt::format("{:.3f} s", std::fabs(seconds));
  const bool zero = text == "0.000 s";
  return (ns < 0 && !zero ? "-" : " ") + text;
}

}  // namespace podtap::report
