#include "cli/when.h"

#include <array>
#include <charconv>
#include <ctime>
#include <optional>

#include "base/escape.h"
#include "container/rfc3339.h"

namespace podtap::cli {
namespace {

constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kDay = int64_t{24} * 3600 * kSecond;

struct Unit {
  char letter;
  int64_t ns;
};
constexpr std::array kUnits = {Unit{'s', kSecond}, Unit{'m', 60 * kSecond},
                               Unit{'h', 3600 * kSecond}, Unit{'d', kDay}};

std::optional<int64_t> Ago(const std::string& text) {
  double number = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || rest + 1 != end || !(number >= 0) || number > 1e6) return {};
  for (const Unit& unit : kUnits) {
    if (unit.letter == *rest) return static_cast<int64_t>(number * static_cast<double>(unit.ns));
  }
  return {};
}

// The local time that a format reads; fields that it doesn't name are today's.
std::optional<int64_t> Local(const std::string& text, const char* format, const tm& today,
                             bool names_day) {
  tm parts = today;
  parts.tm_hour = parts.tm_min = parts.tm_sec = 0;
  parts.tm_isdst = -1;
  const char* rest = ::strptime(text.c_str(), format, &parts);
  if (rest == nullptr || *rest != '\0') return {};
  if (names_day) parts.tm_isdst = -1;
  const time_t seconds = ::mktime(&parts);
  if (seconds == -1) return {};
  return int64_t{seconds} * kSecond;
}

}  // namespace

Result<int64_t> ParseWhen(const std::string& text, int64_t now_unix_ns) {
  if (const auto ago = Ago(text)) return now_unix_ns - *ago;
  const auto now_s = static_cast<time_t>(now_unix_ns / kSecond);
  tm today{};
  ::localtime_r(&now_s, &today);
  for (const char* format : {"%H:%M:%S", "%H:%M"}) {
    if (const auto at = Local(text, format, today, false)) {
      return *at <= now_unix_ns ? *at : *at - kDay;
    }
  }
  for (const char* format :
       {"%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d"}) {
    if (const auto at = Local(text, format, today, true)) return *at;
  }
  if (const int64_t at = container::ParseRfc3339(text); at > 0) return at;
  return std::unexpected(Error{.kind = ErrorKind::kUsage,
                               .tried = "understand the time",
                               .on = Escape(text),
                               .reason = "it is none",
                               .remedy = "write 15m, 2h, 3d, 14:03 or 2026-11-26T14:03:22"});
}

}  // namespace podtap::cli
