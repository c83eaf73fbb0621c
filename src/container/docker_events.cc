// Docker's and Podman's event stream: a thread that reads it, and connects again when it
// breaks.
#include <algorithm>
#include <cerrno>
#include <ctime>
#include <optional>
#include <thread>

#include "container/docker.h"
#include "container/docker_json.h"
#include "container/event_queue.h"
#include "container/quiet_thread.h"

namespace podtap::container {
namespace {

// A line holds one event. No event is that long; what is, is skipped.
constexpr size_t kMaxLine = 1 << 20;
constexpr std::chrono::milliseconds kFirstWait{50};
constexpr std::chrono::milliseconds kLongestWait{1000};

int64_t NowUnixNs() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

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

class DockerEvents : public EventStream {
 public:
  DockerEvents(HostRoot root, std::string socket, RuntimeKind kind, EventOptions options,
               std::unique_ptr<EventQueue> queue, StopSign stop, Connection connection)
      : root_(std::move(root)),
        socket_(std::move(socket)),
        kind_(connection.kind == RuntimeKind::kUnknown ? kind : connection.kind),
        options_(options),
        queue_(std::move(queue)),
        stop_(std::move(stop)),
        http_(std::move(connection.http)),
        last_(NowUnixNs()) {}

  ~DockerEvents() override {
    stop_.Set();
    if (thread_.joinable()) thread_.join();
  }

  Result<void> Start() {
    auto thread = StartQuietly([this] { Run(); });
    if (!thread) return std::unexpected(std::move(thread.error()));
    thread_ = std::move(*thread);
    return {};
  }

  int fd() const override { return queue_->fd(); }
  EventBatch Take() override { return queue_->Take(); }

 private:
  void Run() {
    while (true) {
      const std::string reason = ReadAll();
      if (reason.empty()) return;
      queue_->Note("lost the events of " + socket_ + ": " + reason, true);
      auto again = Reconnect();
      if (!again) return;
      http_ = std::move(again->http);
      queue_->Note("following the events of " + socket_ + " again", true);
    }
  }

  // Reads to the end of the stream; gives the reason, empty when it was told to stop.
  std::string ReadAll() {
    std::string line;
    bool skipping = false;
    while (true) {
      const auto piece = http_.NextPiece(stop_.fd());
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
    if (!event || event->time_unix_ns <= resumed_from_) return;
    last_ = std::max(last_, event->time_unix_ns);
    queue_->Add(std::move(*event));
  }

  // nullopt when it was told to stop.
  std::optional<Connection> Reconnect() {
    auto wait = kFirstWait;
    while (!stop_.WaitFor(wait)) {
      auto connection = Connect(root_, socket_, last_, options_.timeout);
      if (connection) {
        resumed_from_ = last_;
        return std::move(*connection);
      }
      wait = std::min(wait * 2, kLongestWait);
    }
    return std::nullopt;
  }

  HostRoot root_;
  std::string socket_;
  RuntimeKind kind_;
  EventOptions options_;
  std::unique_ptr<EventQueue> queue_;
  StopSign stop_;
  HttpConnection http_;
  int64_t last_;              // time of the newest event, or of the stream's begin
  int64_t resumed_from_ = 0;  // events up to here were delivered before
  std::thread thread_;
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
  auto queue = EventQueue::New();
  if (!queue) return std::unexpected(std::move(queue.error()));
  auto stop = StopSign::New();
  if (!stop) return std::unexpected(std::move(stop.error()));
  auto events = std::make_unique<DockerEvents>(root, socket, kind, options, std::move(*queue),
                                               std::move(*stop), std::move(*connection));
  if (auto started = events->Start(); !started) return std::unexpected(std::move(started.error()));
  return events;
}

}  // namespace podtap::container
