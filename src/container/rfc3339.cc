#include "container/rfc3339.h"

#include <algorithm>
#include <chrono>
#include <optional>

namespace podtap::container {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Takes `count` digits and then the separator.
std::optional<int> Number(std::string_view& text, size_t count, char separator = '\0') {
  if (text.size() < count || !std::all_of(text.begin(), text.begin() + count, IsDigit)) {
    return std::nullopt;
  }
  int value = 0;
  for (const char c : text.substr(0, count)) value = value * 10 + (c - '0');
  text.remove_prefix(count);
  if (separator != '\0') {
    if (!text.starts_with(separator)) return std::nullopt;
    text.remove_prefix(1);
  }
  return value;
}

// ".928410004": more than nine digits are cut.
int64_t Nanoseconds(std::string_view& text) {
  if (!text.starts_with('.')) return 0;
  text.remove_prefix(1);
  int64_t value = 0;
  int digits = 0;
  while (!text.empty() && IsDigit(text.front())) {
    if (digits < 9) value = value * 10 + (text.front() - '0');
    ++digits;
    text.remove_prefix(1);
  }
  for (; digits < 9; ++digits) value *= 10;
  return value;
}

// "Z" or "+01:00", in seconds.
std::optional<int64_t> Offset(std::string_view text) {
  if (text == "Z" || text == "z") return 0;
  if (!text.starts_with('+') && !text.starts_with('-')) return std::nullopt;
  const int64_t sign = text.front() == '-' ? -1 : 1;
  text.remove_prefix(1);
  const auto hours = Number(text, 2, ':');
  const auto minutes = Number(text, 2);
  if (!hours || !minutes || !text.empty()) return std::nullopt;
  return sign * (int64_t{*hours} * 60 + *minutes) * 60;
}

}  // namespace

int64_t ParseRfc3339(std::string_view text) {
  const auto year = Number(text, 4, '-');
  const auto month = Number(text, 2, '-');
  const auto day = Number(text, 2, 'T');
  const auto hour = Number(text, 2, ':');
  const auto minute = Number(text, 2, ':');
  const auto second = Number(text, 2);
  if (!year || !month || !day || !hour || !minute || !second) return 0;
  const int64_t fraction = Nanoseconds(text);
  const auto offset = Offset(text);
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  // Nanoseconds since 1970 in 64 bits end in 2262.
  if (!offset || !date.ok() || *year < 1970 || *year > 2261 || *hour > 23 || *minute > 59 ||
      *second > 60) {
    return 0;
  }
  const int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  const int64_t of_day = (int64_t{*hour} * 60 + *minute) * 60 + *second;
  const int64_t seconds = days * 86400 + of_day - *offset;
  return seconds * 1'000'000'000 + fraction;
}

}  // namespace podtap::container
