// A socket that the user named: whether it speaks HTTP (Docker, Podman) or gRPC
// (containerd, CRI-O) is found out by asking.
#include <memory>
#include <string_view>

#include "base/guarded.h"
#include "container/endpoint.h"
#include "container/unix_socket.h"

namespace podtap::container {
namespace {

// An HTTP server answers this with HTTP, a gRPC server with frames of HTTP/2, or by
// closing.
constexpr std::string_view kQuestion =
    "GET /_ping HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
constexpr std::string_view kHttp = "HTTP/";

Result<bool> SpeaksHttp(const HostRoot& root, const std::string& path, Deadline deadline) {
  const auto file = FindSocket(root, path);
  if (!file) return std::unexpected(file.error());
  auto socket = UnixSocket::Connect(*file, deadline);
  if (!socket) return std::unexpected(std::move(socket.error()));
  if (!socket->Send(kQuestion, deadline)) return false;
  std::string answer;
  while (answer.size() < kHttp.size()) {
    char buffer[64];
    const auto count = socket->Receive(buffer, sizeof buffer, deadline);
    if (!count && count.error().error_number == ETIMEDOUT) return std::unexpected(count.error());
    if (!count || *count == 0) return false;
    answer.append(buffer, *count);
  }
  return answer.starts_with(kHttp);
}

class AnyRuntime : public Runtime {
 public:
  AnyRuntime(HostRoot root, std::string socket)
      : root_(std::move(root)), socket_(std::move(socket)) {}

  RuntimeKind kind() const override {
    const auto real = real_.Get();
    return real ? real->kind() : RuntimeKind::kUnknown;
  }
  std::string version() const override {
    const auto real = real_.Get();
    return real ? real->version() : "";
  }
  const std::string& socket() const override { return socket_; }

  Result<std::vector<Container>> List(Deadline deadline) override {
    auto real = Real(deadline);
    if (!real) return std::unexpected(std::move(real.error()));
    return (*real)->List(deadline);
  }
  Result<Container> Inspect(const ContainerId& id, Deadline deadline) override {
    auto real = Real(deadline);
    if (!real) return std::unexpected(std::move(real.error()));
    return (*real)->Inspect(id, deadline);
  }
  Result<EventHistory> History(Deadline deadline) override {
    auto real = Real(deadline);
    if (!real) return std::unexpected(std::move(real.error()));
    return (*real)->History(deadline);
  }
  Result<std::unique_ptr<EventStream>> Events(const EventOptions& options) override {
    auto real = Real(After(options.timeout));
    if (!real) return std::unexpected(std::move(real.error()));
    return (*real)->Events(options);
  }

 private:
  Result<std::shared_ptr<Runtime>> Real(Deadline deadline) {
    if (auto real = real_.Get()) return real;
    const auto http = SpeaksHttp(root_, socket_, deadline);
    if (!http) return std::unexpected(http.error());
    std::shared_ptr<Runtime> real = *http ? NewDocker(root_, socket_, RuntimeKind::kUnknown)
                                          : NewCri(root_, socket_, RuntimeKind::kUnknown);
    real_.Set(real);
    return real;
  }

  HostRoot root_;
  std::string socket_;
  Guarded<std::shared_ptr<Runtime>> real_;  // null: not known yet
};

}  // namespace

std::unique_ptr<Runtime> NewAnyRuntime(const HostRoot& root, std::string socket) {
  return std::make_unique<AnyRuntime>(root, std::move(socket));
}

}  // namespace podtap::container
