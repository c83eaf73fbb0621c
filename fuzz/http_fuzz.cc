// Any bytes as the answer of an HTTP server, in pieces of any size.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "container/http.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  constexpr uint64_t kLimit = 4096;
  const size_t piece = size_t{data[0]} + 1;
  podtap::container::HttpReader reader(data[1] % 2 == 0 ? kLimit : 0);
  // A copy of exactly these bytes, so that a read beyond them is seen.
  const std::string bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  std::string body;
  for (size_t at = 0; at < bytes.size(); at += piece) {
    const std::string part = bytes.substr(at, piece);
    if (!reader.Feed(part, body)) return 0;
    if (data[1] % 2 == 0 && body.size() > kLimit) std::abort();
    if (body.size() > bytes.size()) std::abort();
  }
  static_cast<void>(reader.FeedEnd());
  static_cast<void>(reader.status());
  static_cast<void>(reader.keep_alive());
  return 0;
}
