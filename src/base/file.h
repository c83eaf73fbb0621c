// A small file of /proc, /sys or a cgroup → its text.
#pragma once

#include <string>

#include "base/result.h"

namespace podtap {

inline constexpr size_t kSmallFile = 4u << 20;

// Reads to the end; such files don't say how long they are. More than `limit` bytes is
// an error of kind kInput. `tried` starts the error's sentence: "read the mounts".
Result<std::string> ReadFile(const std::string& path, const char* tried, size_t limit = kSmallFile);

// The same from a descriptor, from where it stands; `path` is for the message.
Result<std::string> ReadFd(int fd, const std::string& path, const char* tried,
                           size_t limit = kSmallFile);

}  // namespace podtap
