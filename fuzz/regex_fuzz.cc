// libFuzzer over regular expressions: any pattern is compiled or refused, and any
// text is matched within itself; with and without groups it is the same text that is
// found.
//
// Input: the pattern, a newline, the text.
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "regex/regex.h"

using namespace podtap;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const size_t line = input.find('\n');
  const std::string_view pattern = input.substr(0, line);
  const std::string_view text =
      line == std::string_view::npos ? std::string_view() : input.substr(line + 1);
  const auto plain = regex::Compile(pattern, false);
  const auto captures = regex::Compile(pattern, true);
  if (!plain) {
    if (plain.error().offset > pattern.size()) __builtin_trap();
    return 0;
  }
  const bool found = regex::Match(*plain, text);
  if (!captures) return 0;  // it may be too large with its groups
  std::vector<int64_t> places(2 * (size_t{captures->groups} + 1), -1);
  if (regex::Match(*captures, text, places) != found) __builtin_trap();
  for (size_t i = 0; found && i < places.size(); i += 2) {
    if (places[i] < 0) continue;
    if (places[i] > places[i + 1] || places[i + 1] > static_cast<int64_t>(text.size())) {
      __builtin_trap();
    }
  }
  return 0;
}
