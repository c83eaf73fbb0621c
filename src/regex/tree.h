// A pattern's tree, and the program that it is turned into on the way to the table.
#pragma once

#include <bitset>
#include <cstdint>
#include <expected>
#include <memory>
#include <string_view>
#include <vector>

#include "regex/regex.h"

namespace podtap::regex {

using ByteSet = std::bitset<256>;  // never holds 0, which is the text's end

struct Node {
  enum class Kind : uint8_t {
    kEmpty,
    kBytes,        // one byte of `bytes`
    kBegin,        // ^
    kEnd,          // $
    kSequence,     // children one after the other
    kAlternative,  // one of the children
    kRepeat,       // the child, `least` to `most` times
    kGroup,        // (child), the `group`th
  } kind = Kind::kEmpty;
  ByteSet bytes;
  std::vector<std::unique_ptr<Node>> children;
  uint32_t least = 0, most = 0;
  uint32_t group = 0;
};
inline constexpr uint32_t kNoLimit = UINT32_MAX;

struct Pattern {
  std::unique_ptr<Node> root;
  uint32_t groups = 0;
};
std::expected<Pattern, Problem> Parse(std::string_view pattern);

// A non-deterministic program: threads run over it, the first in order preferred.
struct Step {
  enum class Kind : uint8_t {
    kBytes,  // reads a byte of `bytes`, then goes to `next`
    kEnd,    // reads the text's end
    kSplit,  // goes to `next`, and after it to `other`
    kBegin,  // goes on only before the first byte
    kTag,    // notes the position under number `tag`
    kMatch,
  } kind = Kind::kMatch;
  ByteSet bytes;
  uint32_t next = 0, other = 0;
  uint32_t tag = 0;
};
struct Steps {
  std::vector<Step> steps;
  uint32_t begin = 0;  // of the pattern
  uint32_t skip = 0;   // the step that reads any byte and then begins anew: always last in order
};
std::expected<Steps, Problem> MakeSteps(const Pattern& pattern, bool captures);

std::expected<Automaton, Problem> Determine(const Pattern& pattern, const Steps& steps,
                                            bool captures);

}  // namespace podtap::regex
