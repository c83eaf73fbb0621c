#include <algorithm>

#include "regex/automaton.h"

namespace podtap::regex {
namespace {

void Apply(const Automaton& automaton, uint16_t list, int64_t position,
           std::span<int64_t> registers) {
  for (const Move& move : automaton.move_lists[list]) {
    registers[move.to] = move.from == kFromPosition  ? position
                         : move.from == kFromNothing ? -1
                                                     : registers[move.from];
  }
}

}  // namespace

bool Match(const Automaton& automaton, std::string_view text, std::span<int64_t> places) {
  std::array<int64_t, 256> registers;
  registers.fill(-1);
  text = text.substr(0, text.find('\0'));
  if (automaton.captures) Apply(automaton, automaton.start_moves, 0, registers);
  uint32_t state = kStart;
  for (size_t i = 0; i <= text.size() && state >= kStart; i++) {
    const uint8_t byte = i < text.size() ? static_cast<uint8_t>(text[i]) : 0;
    const size_t at = size_t{state} * automaton.classes + automaton.class_of[byte];
    // The end takes no room.
    const auto position = static_cast<int64_t>(std::min(i + 1, text.size()));
    if (automaton.captures) Apply(automaton, automaton.moves[at], position, registers);
    state = automaton.next[at];
  }
  std::copy_n(registers.begin(), std::min<size_t>(places.size(), registers.size()), places.begin());
  return automaton.captures ? registers[1] >= 0 : state == kFound;
}

}  // namespace podtap::regex
