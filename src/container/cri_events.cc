// The event stream of the CRI, and polling where there is none: a thread that follows a
// runtime, and connects again when it breaks.
#include <algorithm>
#include <cerrno>
#include <charconv>
#include <mutex>
#include <unordered_map>

#include "base/clock.h"
#include "container/cri.h"
#include "container/cri_messages.h"
#include "container/event_thread.h"

namespace podtap::container {
namespace {

// containerd 1.6 has no events, and 1.7 gives each of them to one of its clients only
// (containerd issue 7318, mended in 2.0): whoever listens there takes them away from the
// kubelet.
bool HasOwnEvents(const CriService& service) {
  if (service.kind != RuntimeKind::kContainerd) return true;
  std::string_view version = service.version;
  if (version.starts_with('v')) version.remove_prefix(1);
  int major = 0;
  std::from_chars(version.data(), version.data() + version.size(), major);
  return major >= 2;
}

struct Connection {
  std::unique_ptr<RpcChannel> channel;
  CriService service;
};

Result<Connection> Connect(const HostRoot& root, const std::string& socket,
                           std::chrono::milliseconds timeout) {
  const Deadline deadline = After(timeout);
  auto file = FindSocket(root, socket);
  if (!file) return std::unexpected(std::move(file.error()));
  auto channel = RpcChannel::Open(std::move(*file), deadline);
  if (!channel) return std::unexpected(std::move(channel.error()));
  auto service = AskCriVersion(**channel, socket, deadline);
  if (!service) return std::unexpected(std::move(service.error()));
  return Connection{std::move(*channel), std::move(*service)};
}

Error NoEvents(const std::string& socket, const CriService& service) {
  const char* what = HasOwnEvents(service) ? " offers no event stream"
                                           : " has no event stream for more than one client";
  return Error{.kind = ErrorKind::kUnsupported,
               .tried = "follow the events of",
               .on = socket,
               .reason = std::string(RuntimeName(service.kind)) + " " + service.version + what};
}

// What changed between two lists, as events.
class Differ {
 public:
  // Events that follow from `entries`; the first list is where it begins.
  std::vector<RuntimeEvent> Compare(const std::vector<CriEntry>& entries) {
    std::vector<RuntimeEvent> events;
    std::unordered_map<std::string, Container> now;
    for (const CriEntry& entry : entries) now.emplace(entry.container.id.value, entry.container);
    for (const auto& [id, container] : now) {
      const auto before = known_.find(id);
      const State old = before == known_.end() ? State::kUnknown : before->second.state;
      if (!first_) Changed(before != known_.end(), old, container, events);
    }
    for (const auto& [id, container] : known_) {
      if (now.contains(id)) continue;
      if (container.state == State::kRunning) events.push_back(Make("die", container));
      events.push_back(Make("destroy", container));
    }
    known_ = std::move(now);
    first_ = false;
    return events;
  }

 private:
  static RuntimeEvent Make(const char* action, const Container& container) {
    RuntimeEvent event;
    event.runtime = container.runtime;
    event.action = action;
    event.container = container.id;
    event.time_unix_ns = ClockNs(CLOCK_REALTIME);
    event.name = container.name;
    event.pod = container.pod;
    return event;
  }

  static void Changed(bool was_there, State old, const Container& container,
                      std::vector<RuntimeEvent>& events) {
    if (!was_there) events.push_back(Make("create", container));
    const bool started = old == State::kRunning || old == State::kExited;
    if (!started && (container.state == State::kRunning || container.state == State::kExited)) {
      events.push_back(Make("start", container));
    }
    if (old != State::kExited && container.state == State::kExited) {
      events.push_back(Make("die", container));
    }
  }

  std::unordered_map<std::string, Container> known_;
  bool first_ = true;
};

class CriEvents : public EventThread {
 public:
  CriEvents(HostRoot root, std::string socket, EventOptions options, Parts parts,
            Connection connection)
      : EventThread(std::move(parts)),
        root_(std::move(root)),
        socket_(std::move(socket)),
        options_(options),
        connection_(std::move(connection)) {}

  ~CriEvents() override {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
      if (stream_) stream_->Cancel();
    }
    Join();
  }

 private:
  void Run() override {
    while (true) {
      const bool streams = !refused_ && HasOwnEvents(connection_.service);
      const std::string reason = streams ? Follow() : Poll();
      if (Stopping()) return;
      if (reason.empty()) continue;  // the stream was refused: polled from now on
      queue().Note("lost the events of " + socket_ + ": " + reason, true);
      if (!Retry([this] { return ConnectAgain(); })) return;
      queue().Note("following the events of " + socket_ + " again", true);
    }
  }

  bool Stopping() {
    const std::lock_guard lock(mutex_);
    return stopping_;
  }

  RpcRequest Request(const char* method, std::string bytes) const {
    return {connection_.service.prefix + method, std::move(bytes)};
  }

  // Reads the stream to its end; gives the reason, empty if there is no such stream.
  std::string Follow() {
    RpcStream* stream = nullptr;
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return "";
      stream_ = connection_.channel->Stream(Request("GetContainerEvents", CriListRequest()));
      stream = stream_.get();
    }
    bool some = false;
    RpcAnswer answer = stream->Next();
    for (; answer; answer = stream->Next()) {
      some = true;
      if (auto event = ParseCriEvent(*answer, connection_.service.kind)) {
        queue().Add(std::move(*event));
      }
    }
    {
      const std::lock_guard lock(mutex_);
      stream_.reset();
    }
    // CRI-O without --evented-pleg ends the stream at once.
    if (answer.error().code == kRpcUnimplemented || (answer.error().code == 0 && !some)) {
      refused_ = true;
      return "";
    }
    if (answer.error().code == 0) return "the runtime closed the stream";
    if (answer.error().code == kRpcUnavailable) return "the connection broke";
    return RpcError("follow the events of", socket_, answer.error()).reason;
  }

  std::string Poll() {
    if (options_.poll_interval.count() == 0) {
      queue().Note(NoEvents(socket_, connection_.service).Message(), true);
      stop().WaitFor(std::chrono::hours(24 * 365));
      return "";
    }
    do {
      const Deadline deadline = After(options_.timeout);
      const auto list =
          connection_.channel->Call(Request("ListContainers", CriListRequest()), deadline);
      if (!list) return RpcError("list the containers of", socket_, list.error()).reason;
      const auto entries = ParseCriContainers(*list, connection_.service.kind);
      if (!entries) return "an answer that isn't what the CRI says";
      for (RuntimeEvent& event : differ_.Compare(*entries)) {
        if (event.action == "die") AskHow(event, deadline);
        queue().Add(std::move(event));
      }
    } while (!stop().WaitFor(options_.poll_interval));
    return "";
  }

  void AskHow(RuntimeEvent& event, Deadline deadline) {
    const auto status = connection_.channel->Call(
        Request("ContainerStatus", CriContainerStatusRequest(event.container.value, false)),
        deadline);
    Container container;
    if (!status || !ApplyCriContainerStatus(*status, container) || !container.last_exit) return;
    event.exit_code = container.last_exit->exit_code;
    event.message = container.last_exit->reason;
    event.time_unix_ns = container.last_exit->finished_unix_ns;
  }

  bool ConnectAgain() {
    auto connection = Connect(root_, socket_, options_.timeout);
    if (!connection) return false;
    connection_ = std::move(*connection);
    refused_ = false;
    return true;
  }

  HostRoot root_;
  std::string socket_;
  EventOptions options_;
  Connection connection_;
  bool refused_ = false;  // this runtime has no stream
  Differ differ_;         // of polling; it outlives a connection

  std::mutex mutex_;
  bool stopping_ = false;
  std::unique_ptr<RpcStream> stream_;  // while it is read
};

}  // namespace

Result<std::unique_ptr<EventStream>> OpenCriEvents(const HostRoot& root, const std::string& socket,
                                                   const EventOptions& options) {
  auto connection = Connect(root, socket, options.timeout);
  if (!connection) return std::unexpected(std::move(connection.error()));
  if (!HasOwnEvents(connection->service) && options.poll_interval.count() == 0) {
    return std::unexpected(NoEvents(socket, connection->service));
  }
  auto parts = EventThread::NewParts();
  if (!parts) return std::unexpected(std::move(parts.error()));
  auto events =
      std::make_unique<CriEvents>(root, socket, options, std::move(*parts), std::move(*connection));
  if (auto started = events->Start(); !started) return std::unexpected(std::move(started.error()));
  return events;
}

}  // namespace podtap::container
