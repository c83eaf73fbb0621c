// Any bytes as a request to the metrics server, in pieces of any size, and as a URL or an
// address of the settings.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "serve/address.h"
#include "serve/notifier.h"
#include "serve/request.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using podtap::serve::RequestReader;
  if (size < 1) return 0;
  const size_t piece = size_t{data[0]} + 1;
  // A copy of exactly these bytes, so that a read beyond them is seen.
  const std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  RequestReader reader;
  size_t fed = 0;
  for (; fed < bytes.size(); fed += piece) {
    const std::string part = bytes.substr(fed, piece);
    const RequestReader::State state = reader.Feed(part);
    if (state == RequestReader::State::kDone) {
      if (reader.path().find('?') != std::string_view::npos) std::abort();
      static_cast<void>(reader.method());
    }
    if (state != RequestReader::State::kMore) break;
    if (fed > RequestReader::kMostBytes + piece) std::abort();  // it must have refused
  }
  if (const auto url = podtap::serve::ParseUrl(bytes); url && url->target.empty()) std::abort();
  if (const auto at = podtap::serve::ParseHostPort(bytes); at && at->port.empty()) std::abort();
  return 0;
}
