// HOST:PORT as text ↔ addresses of sockets.
#pragma once

#include <cstdint>
#include <stop_token>
#include <string>

#include "base/fd.h"
#include "base/result.h"
#include "container/deadline.h"

namespace podtap::serve {

struct HostPort {
  std::string host;  // "127.0.0.1", "::1", "example.org"
  std::string port;  // "9746"
};

// "127.0.0.1:9746", "[::1]:9746", "localhost:80". Else kUsage.
Result<HostPort> ParseHostPort(const std::string& text);

// A listening TCP socket, close-on-exec, not blocking.
Result<Fd> ListenOn(const HostPort& at);
// A connected one, not blocking. A name is looked up first, which takes as long as the
// system's resolver likes: neither the deadline nor `stop` end that.
Result<Fd> ConnectTo(const HostPort& to, container::Deadline deadline,
                     const std::stop_token& stop = {});

}  // namespace podtap::serve
