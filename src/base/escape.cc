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

struct Range {
  char32_t first, last;
};

constexpr std::string_view kHexDigits = "0123456789abcdef";

// What isn't a C0 control and yet no text.
constexpr Range kObeyed[] = {
    {0x7F, 0x9F},      // DEL, C1
    {0x61C, 0x61C},    // the Arabic letter mark
    {0x200E, 0x200F},  // left-to-right, right-to-left mark
    {0x2028, 0x202E},  // ends of a line and a paragraph; embeddings and overrides
    {0x2066, 0x2069},  // isolates
};

uint8_t ByteAt(std::string_view text, size_t i) { return static_cast<uint8_t>(text[i]); }

void AppendHex(std::string& out, uint8_t byte) {
  out += "\\x";
  out += kHexDigits[byte >> 4];
  out += kHexDigits[byte & 15];
}

// Of a well-formed character.
char32_t CodePoint(std::string_view character) {
  const uint8_t lead = ByteAt(character, 0);
  if (character.size() == 1) return lead;
  char32_t point = lead & (0x7Fu >> character.size());
  for (const char c : character.substr(1)) point = point << 6 | (static_cast<uint8_t>(c) & 0x3F);
  return point;
}

bool IsObeyed(char32_t point) {
  return std::ranges::any_of(
      kObeyed, [&](const Range& range) { return point >= range.first && point <= range.last; });
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
    const bool control = byte < 0x20 && !kept;
    if (length == 0 || control || (byte > 0x7E && IsObeyed(CodePoint(text.substr(0, length))))) {
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

void AppendSafeJson(std::string_view json, std::string& out) {
  while (!json.empty()) {
    const auto plain = static_cast<size_t>(
        std::ranges::find_if(json, [](char c) { return static_cast<uint8_t>(c) > 0x7E; }) -
        json.begin());
    out.append(json, 0, plain);
    json.remove_prefix(plain);
    if (json.empty()) return;
    const size_t length = std::max<size_t>(Utf8Length(json), 1);
    const char32_t point = CodePoint(json.substr(0, length));
    if (IsObeyed(point)) {
      out += "\\u";
      for (const int shift : {12, 8, 4, 0}) out += kHexDigits[point >> shift & 15];
    } else {
      out.append(json, 0, length);
    }
    json.remove_prefix(length);
  }
}

size_t Width(std::string_view escaped) {
  size_t cells = 0;
  for (const char c : escaped) {
    if ((static_cast<uint8_t>(c) & 0xC0) != 0x80) ++cells;
  }
  return cells;
}

}  // namespace podtap
