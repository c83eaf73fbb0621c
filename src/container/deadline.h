// Deadline: when an answer comes too late.
#pragma once

#include <algorithm>
#include <chrono>

namespace podtap::container {

using Deadline = std::chrono::steady_clock::time_point;

inline constexpr std::chrono::milliseconds kDefaultTimeout{2000};

inline Deadline After(std::chrono::milliseconds time) {
  return std::chrono::steady_clock::now() + time;
}

// What is left, for poll(2): at least 0.
inline int MillisecondsLeft(Deadline deadline) {
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  return static_cast<int>(std::clamp<int64_t>(left.count(), 0, 1 << 30));
}

}  // namespace podtap::container
