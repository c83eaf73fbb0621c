#include "cli/pid_namespace.h"

#include <unistd.h>

#include <array>

namespace podtap::cli {

std::string PidNamespaceOf(const char* process) {
  std::array<char, 64> buffer;
  const std::string path = std::string("/proc/") + process + "/ns/pid";
  const ssize_t n = ::readlink(path.c_str(), buffer.data(), buffer.size());
  return n <= 0 ? "" : std::string(buffer.data(), static_cast<size_t>(n));
}

}  // namespace podtap::cli
