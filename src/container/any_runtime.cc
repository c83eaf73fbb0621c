// A socket that the user named: whether it speaks HTTP (Docker, Podman) or gRPC
// (containerd, CRI-O) is found out by asking.
#include <string_view>

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

  RuntimeKind kind() const override { return real_ ? real_->kind() : RuntimeKind::kUnknown; }
  const std::string& version() const override { return real_ ? real_->version() : none_; }
  const std::string& socket() const override { return socket_; }

  Result<std::vector<Container>> List(Deadline deadline) override {
    if (auto known = Ask(deadline); !known) return std::unexpected(std::move(known.error()));
    return real_->List(deadline);
  }
  Result<Container> Inspect(const ContainerId& id, Deadline deadline) override {
    if (auto known = Ask(deadline); !known) return std::unexpected(std::move(known.error()));
    return real_->Inspect(id, deadline);
  }
  Result<EventHistory> History(Deadline deadline) override {
    if (auto known = Ask(deadline); !known) return std::unexpected(std::move(known.error()));
    return real_->History(deadline);
  }
  Result<std::unique_ptr<EventStream>> Events(const EventOptions& options) override {
    if (auto known = Ask(After(options.timeout)); !known) {
      return std::unexpected(std::move(known.error()));
    }
    return real_->Events(options);
  }

 private:
  Result<void> Ask(Deadline deadline) {
    if (real_) return {};
    const auto http = SpeaksHttp(root_, socket_, deadline);
    if (!http) return std::unexpected(http.error());
    real_ = *http ? NewDocker(root_, socket_, RuntimeKind::kUnknown)
                  : NewCri(root_, socket_, RuntimeKind::kUnknown);
    return {};
  }

  HostRoot root_;
  std::string socket_;
  std::string none_;
  std::unique_ptr<Runtime> real_;
};

}  // namespace

std::unique_ptr<Runtime> NewAnyRuntime(const HostRoot& root, std::string socket) {
  return std::make_unique<AnyRuntime>(root, std::move(socket));
}

}  // namespace podtap::container
