
#include "lang/lexer.h"

namespace podtap::lang {
namespace {

struct SimpleEscape {
  char letter;
  char value;
};
constexpr SimpleEscape kSimpleEscapes[] = {{'a', '\a'}, {'b', '\b'}, {'f', '\f'}, {'n', '\n'},
                                           {'r', '\r'}, {'t', '\t'}, {'v', '\v'}};

int DigitValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return 16;
}

// At most `most` digits of `base` from `at` on, which moves past them.
char DigitsValue(std::string_view text, size_t& at, int base, size_t most) {
  int value = 0;
  for (size_t n = 0; n < most && at < text.size() && DigitValue(text[at]) < base; ++n, ++at) {
    value = value * base + DigitValue(text[at]);
  }
  return static_cast<char>(value & 0xFF);
}

// What the escape at `at` (just after the backslash) stands for; false for a
// joined line, which stands for nothing.
bool EscapeAt(std::string_view text, size_t& at, char& value) {
  const char letter = text[at];
  if (letter >= '0' && letter <= '7') {
    value = DigitsValue(text, at, 8, 3);
    return true;
  }
  ++at;
  if (letter == '\n') return false;
  value = letter;
  if (letter == 'x' && at < text.size() && DigitValue(text[at]) < 16) {
    value = DigitsValue(text, at, 16, 2);
    return true;
  }
  for (const SimpleEscape& escape : kSimpleEscapes) {
    if (escape.letter == letter) value = escape.value;
  }
  return true;
}

}  // namespace

std::string Unescape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    char value = text[at];
    if (value != '\\' || at + 1 == text.size()) {
      ++at;
    } else if (++at; !EscapeAt(text, at, value)) {
      continue;
    }
    if (value == '\0') break;
    out += value;
  }
  return out;
}

}  // namespace podtap::lang
