// What a test reads from an event stream.
#pragma once

#include <poll.h>

#include <algorithm>
#include <functional>
#include <iterator>

#include "container/runtime.h"

namespace podtap::container {

// All that comes until it is enough; after twenty seconds, what has come.
inline EventBatch CollectEvents(EventStream& stream,
                                const std::function<bool(const EventBatch&)>& enough) {
  EventBatch all;
  const Deadline deadline = After(std::chrono::seconds(20));
  while (!enough(all) && MillisecondsLeft(deadline) > 0) {
    pollfd waited{stream.fd(), POLLIN, 0};
    ::poll(&waited, 1, 1000);
    EventBatch batch = stream.Take();
    std::ranges::move(batch.events, std::back_inserter(all.events));
    std::ranges::move(batch.notes, std::back_inserter(all.notes));
    all.interrupted = all.interrupted || batch.interrupted;
    all.dropped += batch.dropped;
  }
  return all;
}

}  // namespace podtap::container
