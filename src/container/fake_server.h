// A server on a unix socket of a test's own making, well-behaved or not.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/fd.h"

namespace podtap::container {

class FakeServer {
 public:
  // One connection: what the client sends can be read, answers sent. Gone with the server.
  class Peer {
   public:
    explicit Peer(int fd) : fd_(fd) {}
    // The next request of HTTP, up to its empty line; "" when the client has closed.
    std::string Request();
    // False when the client has closed.
    bool Send(std::string_view bytes);
    // Waits until the client closes.
    void WaitForEnd();

   private:
    int fd_;
    std::string left_;
  };
  using Handler = std::function<void(Peer& peer)>;

  // Listens in a new temporary folder and calls `handler` for each connection, on a thread
  // of its own.
  explicit FakeServer(Handler handler);
  ~FakeServer();
  FakeServer(const FakeServer&) = delete;
  FakeServer& operator=(const FakeServer&) = delete;

  const std::string& path() const { return path_; }
  const std::string& folder() const { return folder_; }
  int connections() const { return connections_; }

  // As a runtime that is stopped: breaks all connections and listens no more.
  void Stop();
  // As one that is started again, at the same path.
  void Start();

 private:
  void Accept();

  Handler handler_;
  std::string folder_;
  std::string path_;
  Fd listener_;
  std::atomic<int> connections_ = 0;
  std::atomic<bool> stopping_ = false;
  std::mutex mutex_;
  std::vector<int> open_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

// An answer of HTTP with its length.
std::string HttpOk(std::string_view body, std::string_view server = "Docker/20.10.24 (linux)");

}  // namespace podtap::container
