#include "probes/glob.h"

#include <cstddef>
#include <optional>

namespace podtap::probes {
namespace {

// One element of a pattern other than `*`: a character, `?` or a set.
struct Element {
  size_t length = 1;
  bool matches = false;
};

// `[abc]`, `[a-z]`, `[!x]` at the pattern's front; nothing when there is no end
// to it, and then `[` stands for itself.
std::optional<Element> MatchSet(std::string_view pattern, char c) {
  size_t at = 1;
  const bool negated = at < pattern.size() && (pattern[at] == '!' || pattern[at] == '^');
  if (negated) ++at;
  const auto byte = static_cast<unsigned char>(c);
  bool found = false;
  for (const size_t first = at; at < pattern.size(); ++at) {
    if (pattern[at] == ']' && at > first) return Element{at + 1, found != negated};
    const auto low = static_cast<unsigned char>(pattern[at]);
    auto high = low;
    if (at + 2 < pattern.size() && pattern[at + 1] == '-' && pattern[at + 2] != ']') {
      high = static_cast<unsigned char>(pattern[at + 2]);
      at += 2;
    }
    found = found || (low <= byte && byte <= high);
  }
  return std::nullopt;
}

Element MatchOne(std::string_view pattern, char c) {
  if (pattern[0] == '?') return {1, true};
  if (pattern[0] == '[')
    if (const auto set = MatchSet(pattern, c)) return *set;
  return {1, pattern[0] == c};
}

}  // namespace

bool HasWildcard(std::string_view pattern) {
  return pattern.find_first_of("*?[") != std::string_view::npos;
}

bool MatchesGlob(std::string_view pattern, std::string_view text) {
  // On a mismatch only the last star takes one character more: an earlier one
  // would lead to nothing new.
  size_t p = 0, t = 0;
  size_t star = std::string_view::npos, star_text = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_text = t;
      continue;
    }
    if (p < pattern.size()) {
      const Element element = MatchOne(pattern.substr(p), text[t]);
      if (element.matches) {
        p += element.length;
        ++t;
        continue;
      }
    }
    if (star == std::string_view::npos) return false;
    p = star + 1;
    t = ++star_text;
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace podtap::probes
