// A connection to a runtime's unix socket, with deadlines.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/fd.h"
#include "base/host_root.h"
#include "base/result.h"
#include "container/deadline.h"

namespace podtap::container {

// A socket's file, found on the host with its symbolic links followed.
struct SocketFile {
  Fd fd;             // O_PATH
  std::string path;  // as it was asked for, on the host
  uint64_t device = 0;
  uint64_t inode = 0;
  // How connect(2) reaches it, however long its path is and wherever its links lead.
  std::string Address() const { return "/proc/self/fd/" + std::to_string(fd.get()); }
};

// Errors: errno's; a file that is no socket is one of kInput.
Result<SocketFile> FindSocket(const HostRoot& root, const std::string& path);

class UnixSocket {
 public:
  static Result<UnixSocket> Connect(const SocketFile& file, Deadline deadline);

  // All of it. A peer that closed is an error with errno EPIPE.
  Result<void> Send(std::string_view bytes, Deadline deadline);
  // Some bytes; 0 at the end. Late is an error with errno ETIMEDOUT; when `stop` (a
  // descriptor, -1: none) becomes readable, one with errno ECANCELED.
  Result<size_t> Receive(char* buffer, size_t size, Deadline deadline, int stop = -1);

 private:
  UnixSocket(Fd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}
  Result<void> Wait(int16_t events, Deadline deadline, int stop, const char* tried);

  Fd fd_;
  std::string path_;
};

// "no answer within the time allowed", for all that speak to runtimes.
Error TooLate(const char* tried, const std::string& socket);

}  // namespace podtap::container
