#include "top/keys.h"

#include <array>

#include "base/escape.h"

namespace podtap::top {
namespace {

using Kind = Key::Kind;

// What terminals send (xterm's ctlseqs; the Linux console and rxvt differ at Home and End).
struct Sequence {
  std::string_view bytes;
  Kind kind;
};
constexpr std::array<Sequence, 15> kSequences = {{
    {"\x1b[A", Kind::kUp},
    {"\x1bOA", Kind::kUp},
    {"\x1b[B", Kind::kDown},
    {"\x1bOB", Kind::kDown},
    {"\x1b[5~", Kind::kPageUp},
    {"\x1b[6~", Kind::kPageDown},
    {"\x1b[H", Kind::kHome},
    {"\x1bOH", Kind::kHome},
    {"\x1b[1~", Kind::kHome},
    {"\x1b[7~", Kind::kHome},
    {"\x1b[F", Kind::kEnd},
    {"\x1bOF", Kind::kEnd},
    {"\x1b[4~", Kind::kEnd},
    {"\x1b[8~", Kind::kEnd},
    {"\x1b\x1b", Kind::kEscape},
}};
constexpr size_t kLongest = 32;  // of a sequence that nobody knows

// The length of the sequence at the start, known or not; 0: it isn't complete.
size_t SequenceLength(std::string_view text) {
  if (text.size() < 2) return 0;
  if (text[1] == '\x1b') return 2;
  if (text[1] == 'O') return text.size() < 3 ? 0 : 3;
  if (text[1] != '[') return 1;  // a key pressed with Alt: the escape alone counts
  for (size_t i = 2; i < text.size(); i++) {
    if (text[i] >= 0x40 && text[i] <= 0x7e) return i + 1;
    if (i >= kLongest) return i + 1;
  }
  return 0;
}

// A character's length by its first byte; 1 for what begins none.
size_t Utf8Expected(unsigned char first) {
  if (first >= 0xf0 && first < 0xf8) return 4;
  if (first >= 0xe0) return first < 0xf0 ? 3 : 1;
  return first >= 0xc0 ? 2 : 1;
}

}  // namespace

std::vector<Key> KeyDecoder::Feed(std::string_view bytes) {
  pending_.append(bytes);
  std::vector<Key> keys;
  std::string_view rest = pending_;
  while (!rest.empty()) {
    const char first = rest[0];
    size_t length = 1;
    if (first == '\x1b') {
      length = SequenceLength(rest);
      if (length == 0) break;
      const std::string_view sequence = rest.substr(0, length);
      if (length == 1) keys.push_back({.kind = Kind::kEscape, .text = ""});
      for (const Sequence& known : kSequences) {
        if (known.bytes == sequence) keys.push_back({.kind = known.kind, .text = ""});
      }
    } else if (first == '\r' || first == '\n') {
      keys.push_back({.kind = Kind::kEnter, .text = ""});
    } else if (first == '\x7f' || first == '\b') {
      keys.push_back({.kind = Kind::kBackspace, .text = ""});
    } else if (static_cast<unsigned char>(first) >= 0x20) {
      const size_t expected = Utf8Expected(static_cast<unsigned char>(first));
      if (rest.size() < expected) break;
      // What is no character at all is dropped byte by byte.
      if (Utf8Length(rest) == expected) {
        length = expected;
        keys.push_back({.kind = Kind::kText, .text = std::string(rest.substr(0, length))});
      }
    }
    rest.remove_prefix(length);
  }
  pending_ = std::string(rest);
  return keys;
}

std::vector<Key> KeyDecoder::Flush() {
  const bool escape = pending_ == "\x1b";
  pending_.clear();
  return escape ? std::vector<Key>{{.kind = Kind::kEscape, .text = ""}} : std::vector<Key>{};
}

}  // namespace podtap::top
