#include "lang/quote.h"

#include <cstdint>

namespace podtap::lang {
namespace {

struct Named {
  char byte;
  char letter;
};
constexpr Named kNamed[] = {{'\n', 'n'}, {'\t', 't'}, {'\r', 'r'}, {'"', '"'}, {'\\', '\\'}};

}  // namespace

std::string Quote(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<uint8_t>(c);
    char letter = '\0';
    for (const Named& named : kNamed) {
      if (named.byte == c) letter = named.letter;
    }
    if (letter != '\0') {
      out += '\\';
      out += letter;
    } else if (byte < 0x20 || byte == 0x7F) {
      // Three digits, so that a digit behind it isn't taken along.
      out += '\\';
      for (int shift = 6; shift >= 0; shift -= 3)
        out += static_cast<char>('0' + ((byte >> shift) & 7));
    } else {
      out += c;
    }
  }
  return out + '"';
}

}  // namespace podtap::lang
