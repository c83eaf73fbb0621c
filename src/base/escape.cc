#include "base/escape.h"

#include <algorithm>
#include <cstdint>

namespace podtap {
namespace {

struct LeadByte {
  uint8_t first, last;  // range of the lead byte
  uint8_t length;       // of the whole character
  uint8_t second_low;   // range of its second byte (Unicode, table 3-7)
  uint8_t second_high;
};

constexpr LeadByte kLeadBytes[] = {
    {0xC2, 0xDF, 2, 0x80, 0xBF}, {0xE0, 0xE0, 3, 0xA0, 0xBF}, {0xE1, 0xEC, 3, 0x80, 0xBF},
    {0xED, 0xED, 3, 0x80, 0x9F}, {0xEE, 0xEF, 3, 0x80, 0xBF}, {0xF0, 0xF0, 4, 0x90, 0xBF},
    {0xF1, 0xF3, 4, 0x80, 0xBF}, {0xF4, 0xF4, 4, 0x80, 0x8F},
};

uint8_t ByteAt(std::string_view text, size_t i) { return static_cast<uint8_t>(text[i]); }

void AppendHex(std::string& out, uint8_t byte) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  out += "\\x";
  out += kDigits[byte >> 4];
  out += kDigits[byte & 15];
}

}  // namespace

size_t Utf8Length(std::string_view text) {
  if (text.empty()) return 0;
  const uint8_t lead = ByteAt(text, 0);
  if (lead < 0x80) return 1;
  for (const LeadByte& row : kLeadBytes) {
    if (lead < row.first || lead > row.last) continue;
    if (text.size() < row.length) return 0;
    if (ByteAt(text, 1) < row.second_low || ByteAt(text, 1) > row.second_high) return 0;
    for (size_t i = 2; i < row.length; ++i) {
      if ((ByteAt(text, i) & 0xC0) != 0x80) return 0;
    }
    return row.length;
  }
  return 0;
}

void AppendEscaped(std::string_view text, Keep keep, std::string& out) {
  while (!text.empty()) {
    size_t length = Utf8Length(text);
    const uint8_t byte = ByteAt(text, 0);
    const bool kept =
        (byte == '\t' && keep != Keep::kNone) || (byte == '\n' && keep == Keep::kTabsAndNewlines);
    const bool c1 = length == 2 && byte == 0xC2 && ByteAt(text, 1) < 0xA0;
    const bool control = (byte < 0x20 && !kept) || byte == 0x7F || c1;
    if (length == 0 || control) {
      length = std::max<size_t>(length, 1);
      for (size_t i = 0; i < length; ++i) AppendHex(out, ByteAt(text, i));
    } else {
      out.append(text, 0, length);
    }
    text.remove_prefix(length);
  }
}

std::string Escape(std::string_view text, Keep keep) {
  std::string out;
  out.reserve(text.size());
  AppendEscaped(text, keep, out);
  return out;
}

size_t Width(std::string_view escaped) {
  size_t cells = 0;
  for (const char c : escaped) {
    if ((static_cast<uint8_t>(c) & 0xC0) != 0x80) ++cells;
  }
  return cells;
}

}  // namespace podtap
