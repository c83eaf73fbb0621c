// JSON, written by hand: one object a line, straight into the output buffer.
//
// What enters: numbers and hostile bytes. What leaves: valid JSON in valid UTF-8;
// a byte that isn't part of a well-formed character becomes U+FFFD.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace podtap::print {

void AppendNumber(int64_t number, std::string& out);
// With its quotes.
void AppendJsonString(std::string_view text, std::string& out);
// Appends RFC 3339 in UTC with nanoseconds, "2026-11-23T21:50:01.000000042Z".
// Remembers the second, since events come in bursts.
class JsonTime {
 public:
  void Append(int64_t unix_ns, std::string& out);

 private:
  int64_t second_ = INT64_MIN;
  char text_[32] = {};  // up to the dot
};

}  // namespace podtap::print
