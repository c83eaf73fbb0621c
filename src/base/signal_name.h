// Signals by number and by name, as Linux calls them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace podtap {

// 9 → "SIGKILL", 36 → "SIGRTMIN+2" (as glibc counts: SIGRTMIN is 34). A number that is no
// signal gives "signal N".
std::string SignalName(int32_t signal);

// "SIGKILL", "KILL", "sigkill", "9", "SIGRTMIN+2", "SIGRTMAX-1", "SIGIOT" → the number; 0
// if it is none.
int32_t SignalNumber(std::string_view text);

}  // namespace podtap
