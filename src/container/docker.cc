// Docker and Podman: their HTTP interface on a unix socket.
#include "container/docker.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <optional>

#include "base/guarded.h"
#include "container/docker_json.h"
#include "container/quiet_thread.h"

namespace podtap::container {
namespace {

// The list of a node with thousands of containers; one container is some kilobytes.
constexpr uint64_t kMaxContainer = 4u << 20;
// Each container is asked for by itself: more than one at a time, but no crowd.
constexpr size_t kConnections = 4;

// What can stand in a request without changing it. Ids and names of Docker hold no more.
bool IsPlain(std::string_view id) {
  return !id.empty() && id.size() <= 255 && std::ranges::all_of(id, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           c == '-' || c == '.';
  });
}

class Docker : public Runtime {
 public:
  Docker(HostRoot root, std::string socket, RuntimeKind kind)
      : root_(std::move(root)), socket_(std::move(socket)), server_({kind, ""}) {}

  RuntimeKind kind() const override { return server_.Get().kind; }
  std::string version() const override { return server_.Get().version; }
  const std::string& socket() const override { return socket_; }

  Result<std::vector<Container>> List(Deadline deadline) override {
    const auto file = FindSocket(root_, socket_);
    if (!file) return std::unexpected(file.error());
    auto first = HttpConnection::Open(*file, deadline);
    if (!first) return std::unexpected(std::move(first.error()));
    const auto answer = first->Get("/containers/json?all=true", deadline);
    if (!answer) return std::unexpected(answer.error());
    if (answer->status != 200) {
      return std::unexpected(StatusError("list the containers of", socket_, *answer));
    }
    const auto ids = ParseDockerIds(answer->body);
    if (!ids) return std::unexpected(NotUnderstood());
    Learn(answer->server);
    return InspectAll(*ids, *file, std::move(*first), deadline);
  }

  Result<Container> Inspect(const ContainerId& id, Deadline deadline) override {
    const auto file = FindSocket(root_, socket_);
    if (!file) return std::unexpected(file.error());
    auto connection = HttpConnection::Open(*file, deadline);
    if (!connection) return std::unexpected(std::move(connection.error()));
    return InspectOn(*connection, id.value, deadline);
  }

  Result<EventHistory> History(Deadline deadline) override {
    const auto file = FindSocket(root_, socket_);
    if (!file) return std::unexpected(file.error());
    auto connection = HttpConnection::Open(*file, deadline);
    if (!connection) return std::unexpected(std::move(connection.error()));
    // Up to now, so that the answer ends.
    const auto answer = connection->Get(DockerEventsTarget(1, NowUnixNs()), deadline);
    if (!answer) return std::unexpected(answer.error());
    if (answer->status != 200) {
      return std::unexpected(StatusError("ask for the events of", socket_, *answer));
    }
    return ParseHistory(answer->body);
  }

  Result<std::unique_ptr<EventStream>> Events(const EventOptions& options) override {
    return OpenDockerEvents(root_, socket_, kind(), options);
  }

 private:
  static int64_t NowUnixNs() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
  }

  EventHistory ParseHistory(std::string_view lines) const {
    EventHistory history;
    const RuntimeKind runtime = kind();
    while (!lines.empty()) {
      const std::string_view line = lines.substr(0, lines.find('\n'));
      if (auto event = ParseDockerEvent(line, runtime)) history.events.push_back(std::move(*event));
      lines.remove_prefix(std::min(line.size() + 1, lines.size()));
    }
    std::ranges::stable_sort(history.events, {}, &RuntimeEvent::time_unix_ns);
    if (!history.events.empty()) history.begins_unix_ns = history.events.front().time_unix_ns;
    return history;
  }

  void Learn(std::string_view server) {
    ServerName name = ParseServer(server);
    if (name.kind == RuntimeKind::kUnknown) name.kind = kind();
    server_.Set(std::move(name));
  }

  Error NotUnderstood() const {
    return Error{.kind = ErrorKind::kInput,
                 .tried = "understand the answer of",
                 .on = socket_,
                 .reason = "it isn't what Docker's interface says",
                 .remedy = "is it Docker's or Podman's socket?"};
  }

  Result<Container> InspectOn(HttpConnection& connection, const std::string& id,
                              Deadline deadline) {
    if (!IsPlain(id)) return std::unexpected(SystemError("inspect container", id, ENOENT));
    const auto answer = connection.Get("/containers/" + id + "/json", deadline, kMaxContainer);
    if (!answer) return std::unexpected(answer.error());
    if (answer->status != 200) {
      return std::unexpected(StatusError("inspect container " + id + " of", socket_, *answer));
    }
    auto container = ParseDockerInspect(answer->body, kind());
    if (!container) return std::unexpected(NotUnderstood());
    return std::move(*container);
  }

  Result<std::vector<Container>> InspectAll(const std::vector<std::string>& ids,
                                            const SocketFile& file, HttpConnection first,
                                            Deadline deadline) {
    std::vector<std::optional<Container>> found(ids.size());
    std::vector<std::optional<Error>> failed(std::clamp<size_t>(ids.size() / 4, 1, kConnections));
    std::atomic<size_t> next = 0;
    InParallel(failed.size(), [&](size_t job) {
      auto connection = job == 0 ? Result<HttpConnection>(std::move(first))
                                 : HttpConnection::Open(file, deadline);
      if (!connection) {
        failed[job] = std::move(connection.error());
        return;
      }
      for (size_t i = next++; i < ids.size(); i = next++) {
        auto container = InspectOn(*connection, ids[i], deadline);
        if (container) {
          found[i] = std::move(*container);
        } else if (container.error().error_number != ENOENT) {
          // ENOENT: removed since the list was made.
          failed[job] = std::move(container.error());
          return;
        }
      }
    });
    for (auto& error : failed) {
      if (error) return std::unexpected(std::move(*error));
    }
    std::vector<Container> containers;
    for (auto& container : found) {
      if (container) containers.push_back(std::move(*container));
    }
    return containers;
  }

  HostRoot root_;
  std::string socket_;
  Guarded<ServerName> server_;
};

}  // namespace

ServerName ParseServer(std::string_view server) {
  const size_t slash = server.find('/');
  if (slash == std::string_view::npos) return {};
  const std::string_view product = server.substr(0, slash);
  const std::string_view rest = server.substr(slash + 1);
  ServerName name{RuntimeKind::kUnknown, std::string(rest.substr(0, rest.find(' ')))};
  if (product == "Docker") name.kind = RuntimeKind::kDocker;
  if (product == "Libpod") name.kind = RuntimeKind::kPodman;
  return name;
}

Error StatusError(const std::string& tried, const std::string& socket, const HttpAnswer& answer) {
  const std::string message = ParseDockerMessage(answer.body);
  return Error{.kind = ErrorKind::kInput,
               .tried = tried,
               .on = socket,
               .reason = "HTTP status " + std::to_string(answer.status) +
                         (message.empty() ? "" : ", " + message),
               .error_number = answer.status == 404 ? ENOENT : 0};
}

std::unique_ptr<Runtime> NewDocker(const HostRoot& root, std::string socket, RuntimeKind kind) {
  return std::make_unique<Docker>(root, std::move(socket), kind);
}

}  // namespace podtap::container
