// Docker's and Podman's event stream: a thread that reads it, and connects again when it
// breaks.
#include <algorithm>
#include <cerrno>

#include "base/clock.h"
#include "container/docker.h"
#include "container/docker_json.h"
#include "container/event_thread.h"

namespace podtap::container {
namespace {

// A line holds one event. No event is that long; what is, is skipped.
constexpr size_t kMaxLine = 1 << 20;

// "1795649857.065910000".
std::string Seconds(int64_t unix_ns) {
  const std::string nanoseconds = std::to_string(unix_ns % 1'000'000'000);
  return std::to_string(unix_ns / 1'000'000'000) + "." + std::string(9 - nanoseconds.size(), '0') +
         nanoseconds;
}

// A stream of events that has begun, and who gives it.
struct Connection {
  HttpConnection http;
  RuntimeKind kind = RuntimeKind::kUnknown;
};

Result<Connection> Connect(const HostRoot& root, const std::string& socket, int64_t since_unix_ns,
                           std::chrono::milliseconds timeout) {
  const Deadline deadline = After(timeout);
  const auto file = FindSocket(root, socket);
  if (!file) return std::unexpected(file.error());
  auto connection = HttpConnection::Open(*file, deadline);
  if (!connection) return std::unexpected(std::move(connection.error()));
  const auto answer = connection->Begin(DockerEventsTarget(since_unix_ns, 0), deadline);
  if (!answer) return std::unexpected(answer.error());
  if (answer->status != 200) {
    return std::unexpected(StatusError("follow the events of", socket, *answer));
  }
  return Connection{std::move(*connection), ParseServer(answer->server).kind};
}

class DockerEvents : public EventThread {
 public:
  DockerEvents(HostRoot root, std::string socket, RuntimeKind kind, EventOptions options,
               Parts parts, Connection connection)
      : EventThread(std::move(parts)),
        root_(std::move(root)),
        socket_(std::move(socket)),
        kind_(connection.kind == RuntimeKind::kUnknown ? kind : connection.kind),
        options_(options),
        http_(std::move(connection.http)),
        last_(ClockNs(CLOCK_REALTIME)) {}

  ~DockerEvents() override { Join(); }

 private:
  void Run() override {
    while (true) {
      const std::string reason = ReadAll();
      if (reason.empty()) return;
      queue().Note("lost the events of " + socket_ + ": " + reason, true);
      if (!Retry([this] { return ConnectAgain(); })) return;
      queue().Note("following the events of " + socket_ + " again", true);
    }
  }

  // Reads to the end of the stream; gives the reason, empty when it was told to stop.
  std::string ReadAll() {
    std::string line;
    bool skipping = false;
    while (true) {
      const auto piece = http_.NextPiece(stop().fd());
      if (!piece) {
        return piece.error().error_number == ECANCELED ? "" : piece.error().reason;
      }
      if (piece->empty()) return "the runtime closed the stream";
      for (const char c : *piece) {
        if (c != '\n') {
          skipping = skipping || line.size() == kMaxLine;
          if (!skipping) line += c;
          continue;
        }
        if (!skipping) Line(line);
        skipping = false;
        line.clear();
      }
    }
  }

  void Line(std::string_view line) {
    auto event = ParseDockerEvent(line, kind_);
    // After a new connection the runtime tells its last events once more.
    if (!event) return;
    const bool told = event->time_unix_ns != 0 && event->time_unix_ns <= resumed_from_;
    if (told) return;
    last_ = std::max(last_, event->time_unix_ns);
    queue().Add(std::move(*event));
  }

  bool ConnectAgain() {
    auto connection = Connect(root_, socket_, last_, options_.timeout);
    if (!connection) return false;
    http_ = std::move(connection->http);
    resumed_from_ = last_;
    return true;
  }

  HostRoot root_;
  std::string socket_;
  RuntimeKind kind_;
  EventOptions options_;
  HttpConnection http_;
  int64_t last_;              // time of the newest event, or of the stream's begin
  int64_t resumed_from_ = 0;  // events up to here were delivered before
};

}  // namespace

std::string DockerEventsTarget(int64_t since_unix_ns, int64_t until_unix_ns) {
  // {"type":["container"]}; actions are sorted out here, as Podman names some otherwise.
  std::string target = "/events?filters=%7B%22type%22%3A%5B%22container%22%5D%7D";
  if (since_unix_ns > 0) target += "&since=" + Seconds(since_unix_ns);
  // Podman would go on without the third.
  if (until_unix_ns > 0) target += "&until=" + Seconds(until_unix_ns) + "&stream=false";
  return target;
}

Result<std::unique_ptr<EventStream>> OpenDockerEvents(const HostRoot& root,
                                                      const std::string& socket, RuntimeKind kind,
                                                      const EventOptions& options) {
  auto connection = Connect(root, socket, 0, options.timeout);
  if (!connection) return std::unexpected(std::move(connection.error()));
  auto parts = EventThread::NewParts();
  if (!parts) return std::unexpected(std::move(parts.error()));
  auto events = std::make_unique<DockerEvents>(root, socket, kind, options, std::move(*parts),
                                               std::move(*connection));
  if (auto started = events->Start(); !started) return std::unexpected(std::move(started.error()));
  return events;
}

}  // namespace podtap::container
