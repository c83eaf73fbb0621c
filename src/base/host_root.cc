#include "base/host_root.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace podtap {

HostRoot::HostRoot(std::string folder) : folder_(std::move(folder)) {
  while (folder_.ends_with('/')) folder_.pop_back();
}

Result<Fd> HostRoot::Open(const std::string& host_path, int flags, const char* tried) const {
  if (folder_.empty()) {
    Fd fd(::open(host_path.c_str(), flags | O_CLOEXEC));
    if (!fd.valid()) return std::unexpected(SystemError(tried, host_path, errno));
    return fd;
  }
  const Fd root(::open(folder_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!root.valid()) {
    return std::unexpected(
        SystemError("open the host's root", folder_, errno, "check --host-root"));
  }
  open_how how{};
  how.flags = static_cast<uint64_t>(flags) | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT;
  const long fd = ::syscall(SYS_openat2, root.get(), host_path.c_str(), &how, sizeof how);
  if (fd < 0) return std::unexpected(SystemError(tried, Path(host_path), errno));
  return Fd(static_cast<int>(fd));
}

}  // namespace podtap
