// Which pid namespace a process is in: whether this one sees the host's processes.
#pragma once

#include <string>

namespace podtap::cli {

// include/uapi/linux/nsfs.h, PROC_PID_INIT_INO: the host's own, the first.
inline constexpr const char* kFirstPidNamespace = "pid:[4026531836]";

// "pid:[4026531836]"; `process`: "self" or a number. Empty: /proc doesn't tell.
std::string PidNamespaceOf(const char* process);

}  // namespace podtap::cli
