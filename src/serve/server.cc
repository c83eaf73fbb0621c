#include "serve/server.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <vector>

#include "serve/address.h"
#include "serve/begin_thread.h"
#include "serve/request.h"

namespace podtap::serve {
namespace {

using container::After;
using container::Deadline;
using container::MillisecondsLeft;

constexpr size_t kMostConnections = 32;
constexpr std::chrono::milliseconds kPatience{5000};
constexpr std::chrono::milliseconds kLinger{1000};  // after the answer

std::string_view Reason(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 431:
      return "Request Header Fields Too Large";
    default:
      return "Service Unavailable";
  }
}

std::string Encode(const Page& page, bool with_body) {
  std::string text = "HTTP/1.1 " + std::to_string(page.status) + " ";
  text += Reason(page.status);
  text += "\r\nContent-Type: " + page.type +
          "\r\nContent-Length: " + std::to_string(page.body.size()) + "\r\nConnection: close\r\n";
  if (page.status == 405) text += "Allow: GET, HEAD\r\n";
  text += "\r\n";
  if (with_body) text += page.body;
  return text;
}

// One client: reads its request, then writes the answer, then waits for it to hang up. Each
// Go is one system call or two: nobody holds the others up.
class Connection {
 public:
  explicit Connection(Fd fd) : fd_(std::move(fd)), until_(After(kPatience)) {}

  int fd() const { return fd_.get(); }
  bool done() const { return step_ == Step::kDone || MillisecondsLeft(until_) == 0; }
  int16_t wants() const { return step_ == Step::kWrite ? POLLOUT : POLLIN; }
  Deadline until() const { return until_; }

  void Go(const Routes& routes) {
    if (step_ == Step::kRead) {
      Read(routes);
    } else if (step_ == Step::kWrite) {
      Write();
    } else {
      Drain();
    }
  }

 private:
  enum class Step : uint8_t { kRead, kWrite, kDrain, kDone };

  void Read(const Routes& routes) {
    std::array<char, 2048> bytes{};
    const ssize_t n = ::recv(fd_.get(), bytes.data(), bytes.size(), 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n <= 0) {
      step_ = Step::kDone;
      return;
    }
    switch (reader_.Feed({bytes.data(), static_cast<size_t>(n)})) {
      case RequestReader::State::kMore:
        return;
      case RequestReader::State::kDone:
        answer_ = Answer(routes);
        break;
      case RequestReader::State::kBroken:
        answer_ = Encode({.status = 400, .body = "not a request\n"}, true);
        break;
      case RequestReader::State::kTooLong:
        answer_ = Encode({.status = 431, .body = "too long\n"}, true);
        break;
    }
    step_ = Step::kWrite;
    Write();
  }

  std::string Answer(const Routes& routes) const {
    const bool head = reader_.method() == "HEAD";
    if (!head && reader_.method() != "GET") {
      return Encode({.status = 405, .body = "GET or HEAD\n"}, true);
    }
    const auto route = routes.find(reader_.path());
    if (route != routes.end()) return Encode(route->second(), !head);
    std::string known = "there is:\n";
    for (const auto& [path, page] : routes) known += path + "\n";
    return Encode({.status = 404, .body = known}, !head);
  }

  void Write() {
    const ssize_t n =
        ::send(fd_.get(), answer_.data() + sent_, answer_.size() - sent_, MSG_NOSIGNAL);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n <= 0) {
      step_ = Step::kDone;
      return;
    }
    sent_ += static_cast<size_t>(n);
    if (sent_ < answer_.size()) return;
    // Bytes that were left unread would turn the answer into a reset on its way.
    ::shutdown(fd_.get(), SHUT_WR);
    until_ = std::min(until_, After(kLinger));
    step_ = Step::kDrain;
  }

  void Drain() {
    std::array<char, 4096> rest{};
    const ssize_t n = ::recv(fd_.get(), rest.data(), rest.size(), 0);
    if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR))) return;
    step_ = Step::kDone;
  }

  Fd fd_;
  Deadline until_;
  RequestReader reader_;
  std::string answer_;
  size_t sent_ = 0;
  Step step_ = Step::kRead;
};

}  // namespace

Result<std::unique_ptr<Server>> Server::Listen(const std::string& address, Routes routes) {
  const auto at = ParseHostPort(address);
  if (!at) return std::unexpected(at.error());
  auto listening = ListenOn(*at);
  if (!listening) return std::unexpected(std::move(listening.error()));
  // The library throws where there can't be another thread.
  try {
    return std::unique_ptr<Server>(new Server(std::move(*listening), std::move(routes)));
  } catch (const std::system_error& error) {
    return std::unexpected(SystemError("start a thread to serve", address, error.code().value(),
                                       "raise the limit of threads (TasksMax=, ulimit -u)"));
  }
}

Server::Server(Fd listening, Routes routes)
    : listening_(std::move(listening)),
      routes_(std::move(routes)),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      thread_([this](const std::stop_token& stop) { Run(stop); }) {}

Server::~Server() {
  thread_.request_stop();
  const uint64_t one = 1;
  // Without the descriptor the loop looks at the token by itself, a second later.
  [[maybe_unused]] const ssize_t woken = ::write(wake_.get(), &one, sizeof one);
}

uint16_t Server::port() const {
  sockaddr_in6 address{};
  socklen_t size = sizeof address;
  ::getsockname(listening_.get(), reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin6_port);  // where sockaddr_in has it too
}

void Server::Run(const std::stop_token& stop) {
  BeginThread();
  std::vector<Connection> connections;
  std::vector<pollfd> waiting;
  while (!stop.stop_requested()) {
    waiting.assign({{wake_.get(), POLLIN, 0}, {listening_.get(), POLLIN, 0}});
    int patience = 1000;
    for (const Connection& connection : connections) {
      waiting.push_back({connection.fd(), connection.wants(), 0});
      patience = std::min(patience, MillisecondsLeft(connection.until()));
    }
    if (::poll(waiting.data(), waiting.size(), patience) < 0 && errno != EINTR) return;
    for (size_t i = 0; i < connections.size(); i++) {
      if (waiting[i + 2].revents != 0) connections[i].Go(routes_);
    }
    std::erase_if(connections, [](const Connection& connection) { return connection.done(); });
    if (waiting[1].revents == 0) continue;
    Fd fd(::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!fd.valid() && (errno == EMFILE || errno == ENFILE)) ::usleep(100'000);
    // Beyond that it is closed at once: whoever holds all of them is thrown out in time.
    if (fd.valid() && connections.size() < kMostConnections)
      connections.emplace_back(std::move(fd));
  }
}

}  // namespace podtap::serve
