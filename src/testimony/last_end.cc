#include "testimony/last_end.h"

#include <algorithm>

namespace podtap::testimony {
namespace {

using container::Container;
using container::State;

bool Runs(const Container& container) {
  return container.state == State::kRunning || container.state == State::kPaused;
}

// The attempt before, which the kubelet keeps for its logs.
const Container* AttemptBefore(const Container& current, const container::Inventory& inventory) {
  const Container* found = nullptr;
  for (const Container& other : inventory.containers) {
    const bool same = other.pod.uid == current.pod.uid && other.name == current.name &&
                      !other.is_sandbox && other.id != current.id;
    if (!same || !other.last_exit || other.restarts >= current.restarts) continue;
    if (found == nullptr || other.restarts > found->restarts) found = &other;
  }
  return found;
}

int64_t EndOf(const Container& container) {
  const int64_t finished = container.last_exit->finished_unix_ns;
  // One that could not be started has no end.
  return finished != 0 ? finished : std::max(container.started_unix_ns, container.created_unix_ns);
}

}  // namespace

std::optional<LastEnd> FindLastEnd(const Container& current,
                                   const container::Inventory& inventory) {
  const bool again = Runs(current);
  const bool own = current.last_exit && !again;
  if (own) return LastEnd{.container = current, .unix_ns = EndOf(current)};
  if (!current.pod.uid.empty()) {
    if (const Container* before = AttemptBefore(current, inventory)) {
      return LastEnd{.container = *before, .unix_ns = EndOf(*before), .runs_again = again};
    }
  }
  LastEnd end{.container = current, .runs_again = again};
  end.container.state = State::kExited;
  end.container.init_pid = 0;
  end.container.last_exit.reset();
  if (current.last_end_unix_ns != 0) {
    end.unix_ns = current.last_end_unix_ns;
    end.container.started_unix_ns = 0;
    return end;
  }
  if (current.pod.uid.empty() || current.restarts == 0) return std::nullopt;
  end.unix_ns = current.created_unix_ns;
  end.container.id.value.clear();
  end.container.started_unix_ns = 0;
  end.forgotten = true;
  return end;
}

std::optional<LastEnd> FindRemoved(std::string_view written, const container::EventHistory& history,
                                   container::RuntimeKind runtime) {
  constexpr size_t kShortestId = 4;  // as container::Resolve
  std::optional<LastEnd> end;
  for (const container::RuntimeEvent& event : history.events) {
    const std::string& id = event.container.value;
    const bool by_id = written.size() >= kShortestId && id.starts_with(written);
    if (event.name != written && !by_id) continue;
    if (!end || end->container.id != event.container) {
      end.emplace();
      end->container.runtime = runtime;
      end->container.id = event.container;
      end->container.name = event.name;
      end->container.pod = event.pod;
      end->container.state = State::kExited;
    }
    if (event.action == "start") end->container.started_unix_ns = event.time_unix_ns;
    if (event.action == "create") end->container.created_unix_ns = event.time_unix_ns;
    if (event.action != "die") continue;
    end->unix_ns = event.time_unix_ns;
    end->container.last_exit =
        container::RuntimeExit{.exit_code = event.exit_code.value_or(0),
                               .started_unix_ns = end->container.started_unix_ns,
                               .finished_unix_ns = event.time_unix_ns};
  }
  return end && end->container.last_exit ? end : std::nullopt;
}

}  // namespace podtap::testimony
