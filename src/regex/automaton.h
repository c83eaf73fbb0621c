// A regular expression as the table that both executors run: a deterministic
// automaton with registers for the places of its groups.
//
// A match reads the text's bytes and then one 0, the text's end. In each state a
// byte's class leads to the next state and to moves between registers; a register
// holds a position in the text, or -1. The registers' first 2 * (groups + 1) are the
// result: where group 0 (all that matched) begins and ends, then the others.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace podtap::regex {

// One step of what a transition does with the registers, in order.
struct Move {
  uint8_t to = 0;
  uint8_t from = 0;  // a register, or one of the two below
  friend bool operator==(const Move&, const Move&) = default;
};
inline constexpr uint8_t kFromPosition = 255;  // bytes read so far
inline constexpr uint8_t kFromNothing = 254;   // -1

// States with a meaning of their own.
inline constexpr uint16_t kDead = 0;   // nothing more can be found
inline constexpr uint16_t kFound = 1;  // in an automaton without groups: it was found
inline constexpr uint16_t kStart = 2;

struct Automaton {
  std::string pattern;
  uint32_t groups = 0;    // that the pattern has, group 0 not counted
  bool captures = false;  // registers are kept
  uint32_t classes = 0;
  std::array<uint8_t, 256> class_of = {};
  uint32_t states = 0;
  std::vector<uint16_t> next;   // [state * classes + class]
  std::vector<uint16_t> moves;  // the same → index into move_lists; empty without captures
  std::vector<std::vector<Move>> move_lists;  // 0 is the empty list
  uint16_t start_moves = 0;                   // made before the first byte
  uint32_t registers = 0;
};

// Whether it is found in the text (up to a NUL). `places`, unless empty, gets the
// result registers; it must have room for 2 * (groups + 1) of an automaton with
// captures.
bool Match(const Automaton& automaton, std::string_view text, std::span<int64_t> places = {});

}  // namespace podtap::regex
