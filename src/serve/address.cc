#include "serve/address.h"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <memory>

#include "serve/wait.h"

namespace podtap::serve {
namespace {

using Addresses = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

std::string Text(const HostPort& at) {
  const bool six = at.host.find(':') != std::string::npos;
  return (six ? "[" + at.host + "]" : at.host) + ":" + at.port;
}

Result<Addresses> Find(const HostPort& at, int flags, const char* tried, const char* remedy) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags;
  addrinfo* found = nullptr;
  // The one name that needs no lookup, which a static program can't always make.
  const bool local = at.host == "localhost";
  if (local) hints.ai_family = AF_INET;
  const std::string host = local ? "127.0.0.1" : at.host;
  const int code = ::getaddrinfo(host.c_str(), at.port.c_str(), &hints, &found);
  if (code == 0) return Addresses(found, &::freeaddrinfo);
  if (code == EAI_SYSTEM) return std::unexpected(SystemError(tried, Text(at), errno, remedy));
  return std::unexpected(Error{.kind = ErrorKind::kSystem,
                               .tried = tried,
                               .on = Text(at),
                               .reason = ::gai_strerror(code),
                               .remedy = remedy});
}

Fd SocketOf(const addrinfo& address) {
  return Fd(::socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

// 0, or an errno.
int Connect(const Fd& fd, const addrinfo& address, container::Deadline deadline,
            const std::stop_token& stop) {
  if (::connect(fd.get(), address.ai_addr, address.ai_addrlen) == 0) return 0;
  if (errno != EINPROGRESS) return errno;
  if (const int late = WaitFor(fd, POLLOUT, deadline, stop); late != 0) return late;
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  return error;
}

}  // namespace

Result<HostPort> ParseHostPort(const std::string& text) {
  const size_t colon = text.rfind(':');
  HostPort at;
  if (colon != std::string::npos && colon > 0) {
    at.host = text.substr(0, colon);
    at.port = text.substr(colon + 1);
    if (at.host.size() > 2 && at.host.front() == '[' && at.host.back() == ']') {
      at.host = at.host.substr(1, at.host.size() - 2);
    } else if (at.host.find(':') != std::string::npos) {
      at.port.clear();  // which colon?
    }
  }
  const bool number = !at.port.empty() && at.port.size() <= 5 &&
                      at.port.find_first_not_of("0123456789") == std::string::npos;
  if (number && std::stoi(at.port) <= 65535) return at;
  return std::unexpected(Error{.kind = ErrorKind::kUsage,
                               .tried = "understand the address",
                               .on = text,
                               .reason = "it isn't HOST:PORT",
                               .remedy = "write 127.0.0.1:9746 or [::1]:9746"});
}

Result<Fd> ListenOn(const HostPort& at) {
  auto addresses = Find(at, AI_PASSIVE | AI_NUMERICHOST, "listen on",
                        "write an address of this machine, such as 127.0.0.1:9746");
  if (!addresses) return std::unexpected(std::move(addresses.error()));
  Fd fd = SocketOf(**addresses);
  const int on = 1;
  if (fd.valid()) ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (!fd.valid() || ::bind(fd.get(), (*addresses)->ai_addr, (*addresses)->ai_addrlen) != 0 ||
      ::listen(fd.get(), 64) != 0) {
    return std::unexpected(
        SystemError("listen on", Text(at), errno, "use another address with --listen, or off"));
  }
  return fd;
}

Result<Fd> ConnectTo(const HostPort& to, container::Deadline deadline,
                     const std::stop_token& stop) {
  auto addresses = Find(to, 0, "connect to", "");
  if (!addresses) return std::unexpected(std::move(addresses.error()));
  int error = ECONNREFUSED;
  for (const addrinfo* next = addresses->get(); next != nullptr; next = next->ai_next) {
    Fd fd = SocketOf(*next);
    error = fd.valid() ? Connect(fd, *next, deadline, stop) : errno;
    if (error == 0) return fd;
  }
  return std::unexpected(SystemError("connect to", Text(to), error));
}

}  // namespace podtap::serve
