#include "container/unix_socket.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>

#include <cerrno>
#include <cstring>

namespace podtap::container {
namespace {

constexpr timespec kRetry{.tv_sec = 0, .tv_nsec = 2'000'000};
constexpr const char* kConnect = "connect to";

Error ConnectError(const std::string& path, int error_number) {
  if (error_number == ECONNREFUSED) {
    Error error = SystemError(kConnect, path, error_number, "is the runtime running?");
    error.reason = "nobody listens on it";
    return error;
  }
  return SystemError(kConnect, path, error_number,
                     error_number == EACCES || error_number == EPERM ? "run it as root" : "");
}

}  // namespace

Error TooLate(const char* tried, const std::string& socket) {
  Error error =
      SystemError(tried, socket, ETIMEDOUT, "does the runtime hang? --timeout gives it longer");
  error.reason = "no answer in time";
  return error;
}

Result<SocketFile> FindSocket(const HostRoot& root, const std::string& path) {
  auto fd = root.Open(path, O_PATH, kConnect);
  if (!fd) return std::unexpected(std::move(fd.error()));
  struct stat found {};
  if (::fstat(fd->get(), &found) != 0) {
    return std::unexpected(SystemError(kConnect, path, errno));
  }
  if (!S_ISSOCK(found.st_mode)) {
    return std::unexpected(Error{
        .kind = ErrorKind::kInput, .tried = kConnect, .on = path, .reason = "it is no socket"});
  }
  return SocketFile{std::move(*fd), path, found.st_dev, found.st_ino};
}

Result<UnixSocket> UnixSocket::Connect(const SocketFile& file, Deadline deadline) {
  Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.valid()) return std::unexpected(SystemError(kConnect, file.path, errno));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string target = file.Address();
  std::memcpy(address.sun_path, target.c_str(), target.size() + 1);
  while (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    if (errno == EINTR) continue;
    // Its queue of connections is full; there is nothing to poll for (unix(7)).
    if (errno != EAGAIN) return std::unexpected(ConnectError(file.path, errno));
    if (MillisecondsLeft(deadline) == 0) return std::unexpected(TooLate(kConnect, file.path));
    ::nanosleep(&kRetry, nullptr);
  }
  return UnixSocket(std::move(fd), file.path);
}

Result<void> UnixSocket::Wait(int16_t events, Deadline deadline, int stop, const char* tried) {
  pollfd waited[] = {{fd_.get(), events, 0}, {stop, POLLIN, 0}};
  while (true) {
    // Asked first: a peer that never stops sending must not hold us beyond the deadline.
    const int left = MillisecondsLeft(deadline);
    if (left == 0) return std::unexpected(TooLate(tried, path_));
    const int ready = ::poll(waited, 2, left);
    if (ready < 0 && errno == EINTR) continue;
    if (ready < 0) return std::unexpected(SystemError(tried, path_, errno));
    if (ready == 0) continue;
    if (waited[1].revents != 0) return std::unexpected(SystemError(tried, path_, ECANCELED));
    return {};
  }
}

Result<void> UnixSocket::Send(std::string_view bytes, Deadline deadline) {
  constexpr const char* kTried = "send a request to";
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<size_t>(sent));
    } else if (errno == EAGAIN) {
      if (auto ready = Wait(POLLOUT, deadline, -1, kTried); !ready) return ready;
    } else if (errno != EINTR) {
      return std::unexpected(SystemError(kTried, path_, errno));
    }
  }
  return {};
}

Result<size_t> UnixSocket::Receive(char* buffer, size_t size, Deadline deadline, int stop) {
  constexpr const char* kTried = "read the answer of";
  while (true) {
    if (auto ready = Wait(POLLIN, deadline, stop, kTried); !ready) {
      return std::unexpected(std::move(ready.error()));
    }
    const ssize_t count = ::recv(fd_.get(), buffer, size, 0);
    if (count >= 0) return static_cast<size_t>(count);
    if (errno != EAGAIN && errno != EINTR) {
      return std::unexpected(SystemError(kTried, path_, errno));
    }
  }
}

}  // namespace podtap::container
