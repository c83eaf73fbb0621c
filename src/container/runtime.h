// Runtime: what podtap asks of a container runtime. One file a runtime implements it.
//
// What enters: a socket. What leaves: the containers that the runtime knows, and what it
// says as it happens. An answer is never trusted further than to fill in these types.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/host_root.h"
#include "base/result.h"
#include "container/container.h"
#include "container/deadline.h"

namespace podtap::container {

// A fact that a runtime tells of, in Docker's words: "create", "start", "kill", "oom",
// "die", "stop", "pause", "unpause", "restart", "rename", "destroy".
struct RuntimeEvent {
  RuntimeKind runtime = RuntimeKind::kUnknown;
  std::string action;
  ContainerId container;
  int64_t time_unix_ns = 0;          // by the runtime's clock
  int32_t signal = 0;                // of "kill"; 0: the runtime doesn't say
  std::optional<int32_t> exit_code;  // of "die"
  std::string message;               // a reason that comes with it: "OOMKilled"
  std::string name;                  // of the container
  Pod pod;
  friend bool operator==(const RuntimeEvent&, const RuntimeEvent&) = default;
};

// What came since the last Take.
struct EventBatch {
  std::vector<RuntimeEvent> events;  // in the order in which they came
  // Sentences about the stream itself: that the runtime went away, that it is back.
  std::vector<std::string> notes;
  // The connection was lost since: events in between may be missing, List tells what is.
  bool interrupted = false;
  uint64_t dropped = 0;  // events for which there was no room, because nobody took them
};

// What a runtime still remembers of its events.
struct EventHistory {
  std::vector<RuntimeEvent> events;  // of all containers, in order of time
  // All since then are among them; 0: it can't be told.
  int64_t begins_unix_ns = 0;
};

// Events of a runtime, for as long as the object lives. It connects again, and again,
// when the runtime restarts.
class EventStream {
 public:
  EventStream() = default;
  virtual ~EventStream() = default;
  EventStream(const EventStream&) = delete;
  EventStream& operator=(const EventStream&) = delete;

  // Readable (poll(2)) as long as Take has something to give.
  virtual int fd() const = 0;
  virtual EventBatch Take() = 0;
};

struct EventOptions {
  std::chrono::milliseconds timeout = kDefaultTimeout;  // of a connection, not of waiting
  // Where the runtime has no events (containerd before 1.7): asks for its containers so
  // often and makes events of what changed. 0: an error of kUnsupported instead.
  std::chrono::milliseconds poll_interval{0};
};

// Threads may ask one at the same time.
class Runtime {
 public:
  Runtime() = default;
  virtual ~Runtime() = default;
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  // As its answers tell; before the first answer, as its socket's path tells.
  virtual RuntimeKind kind() const = 0;
  // "20.10.24"; empty before the first answer.
  virtual std::string version() const = 0;
  // On the host.
  virtual const std::string& socket() const = 0;

  // All containers, those that have ended too, and the sandboxes of pods.
  virtual Result<std::vector<Container>> List(Deadline deadline) = 0;
  // An id that the runtime doesn't know is an error with errno ENOENT.
  virtual Result<Container> Inspect(const ContainerId& id, Deadline deadline) = 0;
  // Events that came before. Docker keeps the last 64 (from 23.0 on 256) until it restarts,
  // Podman has them in the journal or a file; the CRI has none: kUnsupported.
  virtual Result<EventHistory> History(Deadline deadline);
  // Returns once the runtime streams.
  virtual Result<std::unique_ptr<EventStream>> Events(const EventOptions& options) = 0;
};

// Docker and Podman: HTTP. docker.cc
std::unique_ptr<Runtime> NewDocker(const HostRoot& root, std::string socket, RuntimeKind kind);
// containerd and CRI-O: Kubernetes' container runtime interface. cri.cc
std::unique_ptr<Runtime> NewCri(const HostRoot& root, std::string socket, RuntimeKind kind);

}  // namespace podtap::container
