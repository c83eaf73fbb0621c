#include "container/fake_server.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>

namespace podtap::container {

std::string FakeServer::Peer::Request() {
  while (left_.find("\r\n\r\n") == std::string::npos) {
    char buffer[4096];
    const ssize_t count = ::recv(fd_, buffer, sizeof buffer, 0);
    if (count <= 0) return "";
    left_.append(buffer, static_cast<size_t>(count));
  }
  const size_t end = left_.find("\r\n\r\n") + 4;
  std::string request = left_.substr(0, end);
  left_.erase(0, end);
  return request;
}

bool FakeServer::Peer::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

void FakeServer::Peer::WaitForEnd() {
  char buffer[4096];
  while (::recv(fd_, buffer, sizeof buffer, 0) > 0) {
  }
}

FakeServer::FakeServer(Handler handler) : handler_(std::move(handler)) {
  std::string pattern = std::filesystem::temp_directory_path() / "podtap-server-XXXXXX";
  if (::mkdtemp(pattern.data()) == nullptr) std::abort();
  folder_ = pattern;
  path_ = folder_ + "/runtime.sock";
  Start();
}

FakeServer::~FakeServer() {
  Stop();
  std::filesystem::remove_all(folder_);
}

void FakeServer::Start() {
  stopping_ = false;
  listener_ = Fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path_.c_str(), sizeof address.sun_path - 1);
  if (::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listener_.get(), 64) != 0) {
    std::abort();
  }
  acceptor_ = std::thread([this] { Accept(); });
}

void FakeServer::Accept() {
  while (true) {
    const int fd = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0 || stopping_) {
      if (fd >= 0) ::close(fd);
      return;
    }
    ++connections_;
    const std::lock_guard lock(mutex_);
    open_.push_back(fd);
    threads_.emplace_back([this, fd] {
      Peer peer(fd);
      handler_(peer);
      ::shutdown(fd, SHUT_RDWR);
    });
  }
}

void FakeServer::Stop() {
  if (!acceptor_.joinable()) return;
  stopping_ = true;
  ::shutdown(listener_.get(), SHUT_RDWR);
  acceptor_.join();
  listener_ = Fd();
  ::unlink(path_.c_str());
  for (const int fd : open_) ::shutdown(fd, SHUT_RDWR);
  for (std::thread& thread : threads_) thread.join();
  for (const int fd : open_) ::close(fd);
  open_.clear();
  threads_.clear();
}

std::string HttpOk(std::string_view body, std::string_view server) {
  return "HTTP/1.1 200 OK\r\nServer: " + std::string(server) +
         "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + std::string(body);
}

}  // namespace podtap::container
