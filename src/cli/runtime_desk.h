// RuntimeDesk: asks the container runtimes on threads of its own, so that reading the
// kernel's events never waits for a socket.
//
// What enters: questions from the main thread. What leaves: answers, posted to the main
// thread's queue. A runtime that doesn't answer costs its deadline, and nobody else's.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/host_root.h"
#include "base/task_queue.h"
#include "cgroup/tree.h"
#include "container/endpoint.h"
#include "container/inventory.h"
#include "container/runtime.h"
#include "container/socket_clients.h"
#include "store/evidence.h"

namespace podtap::cli {

class RuntimeDesk {
 public:
  // `answers` is the main thread's queue. All references must outlive the desk.
  RuntimeDesk(container::Runtimes runtimes, const HostRoot& root, const cgroup::Tree& tree,
              TaskQueue& answers);

  // All containers now. Waits; no answer comes later than `time`.
  container::Inventory Inventory(std::chrono::milliseconds time, container::Unlisted unlisted);

  using Answer = std::function<void(Result<container::Container>)>;
  // A container by its id. kUnknown asks all runtimes for it.
  void Ask(container::RuntimeKind kind, container::ContainerId id, Answer answer);
  // The same once it has ended, or has been removed; asks again until then, for a second
  // at most.
  void AskForEnd(container::RuntimeKind kind, container::ContainerId id, Answer answer);

  // Who is connected to the sockets of that kind of runtime now.
  void LookAtClients(container::RuntimeKind kind,
                     std::function<void(std::vector<store::RuntimeClients>)> answer);

  // Connects to the runtimes' events; streams() has them once they are there.
  void StartEvents();
  // The streams that are connected, for poll(2), and to take from after it.
  std::vector<container::EventStream*> streams() const;

 private:
  Result<container::Container> AskNow(container::RuntimeKind kind,
                                      const container::ContainerId& id);
  void AskForEndUntil(container::RuntimeKind kind, const container::ContainerId& id,
                      const Answer& answer, container::Deadline until);

  container::Runtimes runtimes_;
  const HostRoot& root_;
  const cgroup::Tree& tree_;
  TaskQueue& answers_;
  std::vector<std::unique_ptr<container::EventStream>> streams_;
  std::map<std::string, container::SocketClientsFinder> finders_;  // the lookout's, by socket
  // Last: their threads end before what they use. One runtime's clients may be looked
  // at while it is asked.
  Worker clerk_;
  Worker lookout_;
};

}  // namespace podtap::cli
