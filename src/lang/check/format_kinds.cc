#include "lang/check/format_kinds.h"

namespace podtap::lang::check {
namespace {

constexpr std::string_view kFlags = "-+ #0";
constexpr std::string_view kLongs = "diuxXopbcmM";
constexpr std::string_view kDigits = "0123456789";

// A width or a precision: digits, or `*`, which takes an argument of its own.
void SkipSize(std::string_view format, size_t& at, std::string& kinds) {
  if (at < format.size() && format[at] == '*') {
    kinds += 'd';
    ++at;
    return;
  }
  while (at < format.size() && kDigits.contains(format[at])) ++at;
}

}  // namespace

std::expected<std::string, std::string> FormatKinds(std::string_view format) {
  std::string kinds;
  for (size_t at = 0; at < format.size(); ++at) {
    if (format[at] != '%') continue;
    const size_t begin = at++;
    if (at < format.size() && format[at] == '%') continue;
    while (at < format.size() && kFlags.contains(format[at])) ++at;
    SkipSize(format, at, kinds);
    if (at < format.size() && format[at] == '.') SkipSize(format, ++at, kinds);
    while (at < format.size() && format[at] == 'l') ++at;  // %ld and %lld are %d
    if (at >= format.size()) return std::unexpected("incomplete format specifier");
    if (format[at] == 's')
      kinds += 's';
    else if (kLongs.contains(format[at]))
      kinds += 'd';
    else
      return std::unexpected("invalid conversion specifier '" +
                             std::string(format.substr(begin, at - begin + 1)) + "'");
  }
  return kinds;
}

}  // namespace podtap::lang::check
