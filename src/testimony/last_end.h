// A container → its last life that has ended.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "container/inventory.h"
#include "container/runtime.h"

namespace podtap::testimony {

// A runtime tells an end later than the kernel, never by so much.
inline constexpr int64_t kSameDeathNs = 5'000'000'000;

struct LastEnd {
  // As it was: its id, its end. A runtime that starts a container again in place (Docker)
  // has forgotten the exit code; the CRI has an earlier container for the earlier life.
  container::Container container;
  int64_t unix_ns = 0;  // when it ended, or shortly after
  bool runs_again = false;
  // The runtime has forgotten the life that ended: all that is known is that there was one.
  bool forgotten = false;
};

// nullopt: it has never ended, or was never started.
std::optional<LastEnd> FindLastEnd(const container::Container& current,
                                   const container::Inventory& inventory);

// A container that its runtime has removed, by what is left of it in its events: name or id,
// when it ended and with which code. `written` is a whole name, or the begin of an id. nullopt:
// none of that name has ended.
std::optional<LastEnd> FindRemoved(std::string_view written, const container::EventHistory& history,
                                   container::RuntimeKind runtime);

}  // namespace podtap::testimony
