// Bytes of a terminal → keys.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace podtap::top {

struct Key {
  enum class Kind : uint8_t {
    kText,  // a character, in UTF-8
    kUp,
    kDown,
    kPageUp,
    kPageDown,
    kHome,
    kEnd,
    kEnter,
    kEscape,
    kBackspace,
  } kind = Kind::kText;
  std::string text;
  friend bool operator==(const Key&, const Key&) = default;
};

class KeyDecoder {
 public:
  // Keys that are complete. What may go on (an escape sequence, a character of several
  // bytes) waits for the next call.
  std::vector<Key> Feed(std::string_view bytes);
  bool waiting() const { return !pending_.empty(); }
  // Nothing came for a while: a lone escape was the key.
  std::vector<Key> Flush();

 private:
  std::string pending_;
};

}  // namespace podtap::top
