// The tapset: podtap's own probe aliases and functions, written in the script
// language and embedded in the binary (embed.cmake makes tapset.cc of *.stp).
#pragma once

#include <span>
#include <string_view>

namespace podtap::tapset {

struct Script {
  std::string_view name;  // "tapset/signal.stp"
  std::string_view text;
};
std::span<const Script> Scripts();

// What `podtap watch` and `podtap record` run: a script like any user's, that uses the
// tapset and is no part of it.
Script Recorder();

}  // namespace podtap::tapset
