// Any bytes as what a terminal sends to podtap top, in pieces of any size: keys, and the
// frame that they lead to, which may hold no control character and no line too wide.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/escape.h"
#include "top/frame.h"
#include "top/keys.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace podtap;
  if (size < 3) return 0;
  const top::Size screen{.columns = data[0], .lines = data[1]};
  const size_t piece = size_t{data[2]} % 16 + 1;
  const std::string bytes(reinterpret_cast<const char*>(data) + 3, size - 3);
  top::Snapshot snapshot{.node = "node", .now_unix_ns = 1'785'438'000'000'000'000};
  for (const char* name : {"web", "shop/web-0/nginx", "\x1b[2J"}) {
    snapshot.rows.push_back({.key = name, .target = name, .state = "running"});
  }
  snapshot.rows.push_back({.key = bytes, .target = bytes, .state = "exited"});
  top::View view;
  top::KeyDecoder decoder;
  for (size_t at = 0; at < bytes.size(); at += piece) {
    for (const top::Key& key : decoder.Feed(std::string_view(bytes).substr(at, piece))) {
      if (top::Press(view, key, snapshot, screen) == top::Wish::kStory) {
        view.story = top::Story{.lines = {"a", "b", "c"}, .first = 0};
      }
    }
    for (const std::string& line : top::Frame(snapshot, view, screen, false)) {
      if (Escape(line) != line) std::abort();
      if (Width(line) > static_cast<size_t>(std::max(screen.columns, 1))) std::abort();
    }
  }
  decoder.Flush();
  if (decoder.waiting()) std::abort();
  return 0;
}
