// Compiles regular expressions: POSIX extended syntax without back references, as
// SystemTap's =~ takes it. A match is the leftmost, and of those the longest; of
// several ways to it, alternatives on the left and longer repetitions go first.
//
// What enters: the pattern, its string escapes resolved. What leaves: an Automaton,
// or what is wrong and where. Its size is bounded: a pattern that would need more
// states is refused.
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

#include "regex/automaton.h"

namespace podtap::regex {

struct Problem {
  std::string what;   // "unbalanced '('"
  size_t offset = 0;  // into the pattern
};

// `captures`: the places of groups are wanted.
std::expected<Automaton, Problem> Compile(std::string_view pattern, bool captures);

}  // namespace podtap::regex
