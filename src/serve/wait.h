// Waits for a socket, for so long, or until somebody stops it.
#pragma once

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <stop_token>

#include "base/fd.h"
#include "container/deadline.h"

namespace podtap::serve {

// How often a wait looks whether it is to stop.
inline constexpr int kLookEveryMs = 200;

// 0 once `events` (poll(2)) or an error are there, else ETIMEDOUT or ECANCELED.
inline int WaitFor(const Fd& fd, int16_t events, container::Deadline deadline,
                   const std::stop_token& stop) {
  for (;;) {
    if (stop.stop_requested()) return ECANCELED;
    const int left = container::MillisecondsLeft(deadline);
    pollfd wait{fd.get(), events, 0};
    if (::poll(&wait, 1, std::min(left, kLookEveryMs)) > 0) return 0;
    if (left == 0) return ETIMEDOUT;
  }
}

}  // namespace podtap::serve
