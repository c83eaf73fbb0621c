#include "base/file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "base/fd.h"

namespace podtap {

Result<std::string> ReadFd(int fd, const std::string& path, const char* tried, size_t limit) {
  std::string text;
  char buffer[16384];
  while (true) {
    const ssize_t count = ::read(fd, buffer, sizeof buffer);
    if (count == 0) return text;
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return std::unexpected(SystemError(tried, path, errno));
    text.append(buffer, static_cast<size_t>(count));
    if (text.size() > limit) {
      return std::unexpected(
          Error{.kind = ErrorKind::kInput,
                .tried = tried,
                .on = path,
                .reason = "it is longer than " + std::to_string(limit) + " bytes"});
    }
  }
}

Result<std::string> ReadFile(const std::string& path, const char* tried, size_t limit) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!fd.valid()) return std::unexpected(SystemError(tried, path, errno));
  return ReadFd(fd.get(), path, tried, limit);
}

}  // namespace podtap
