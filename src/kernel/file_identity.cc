#include "kernel/file_identity.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cerrno>
#include <charconv>
#include <fstream>
#include <sstream>

namespace podtap::kernel {
namespace {

// Takes a number and the one character after it off the front of `text`.
std::optional<uint64_t> TakeNumber(std::string_view& text, char after) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end == text.data() + text.size() || *end != after)
    return std::nullopt;
  text.remove_prefix(static_cast<size_t>(end - text.data()) + 1);
  return number;
}

std::string MountInfo() {
  std::ifstream file("/proc/self/mountinfo");
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

}  // namespace

std::optional<uint64_t> MountDevice(std::string_view mountinfo, uint64_t mount_id) {
  while (!mountinfo.empty()) {
    const size_t end = mountinfo.find('\n');
    std::string_view line = mountinfo.substr(0, end);
    mountinfo.remove_prefix(end == std::string_view::npos ? mountinfo.size() : end + 1);
    if (TakeNumber(line, ' ') != mount_id) continue;
    if (!TakeNumber(line, ' ')) return std::nullopt;  // the parent mount
    const auto major = TakeNumber(line, ':');
    const auto minor = TakeNumber(line, ' ');
    if (!major || !minor) return std::nullopt;
    return KernelDevice(static_cast<uint32_t>(*major), static_cast<uint32_t>(*minor));
  }
  return std::nullopt;
}

Result<Kernel::FileIdentity> IdentifyPath(const std::string& path) {
  struct statx status {};
  if (::statx(AT_FDCWD, path.c_str(), 0, STATX_INO | STATX_MNT_ID, &status) != 0)
    return std::unexpected(SystemError("find the file", path, errno));
  Kernel::FileIdentity identity{KernelDevice(status.stx_dev_major, status.stx_dev_minor),
                                status.stx_ino};
  if ((status.stx_mask & STATX_MNT_ID) != 0)  // from 5.8
    if (auto device = MountDevice(MountInfo(), status.stx_mnt_id)) identity.device = *device;
  return identity;
}

}  // namespace podtap::kernel
