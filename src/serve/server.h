// Server: a few pages over HTTP/1.1, for a monitoring system.
//
// What enters: requests of strangers. What leaves: what the routes say. On a thread of its
// own; a client can neither hold up the recorder nor make it use much memory: 8 KiB of
// request, 5 seconds, 32 connections at once.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>

#include "base/fd.h"
#include "base/result.h"

namespace podtap::serve {

struct Page {
  int status = 200;
  std::string type = "text/plain; charset=utf-8";
  std::string body;
};
// Called on the server's thread.
using Routes = std::map<std::string, std::function<Page()>, std::less<>>;

class Server {
 public:
  // HOST:PORT; port 0 takes any that is free.
  static Result<std::unique_ptr<Server>> Listen(const std::string& address, Routes routes);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  uint16_t port() const;

 private:
  Server(Fd listening, Routes routes);
  void Run(const std::stop_token& stop);

  Fd listening_;
  Routes routes_;
  Fd wake_;
  std::jthread thread_;
};

}  // namespace podtap::serve
