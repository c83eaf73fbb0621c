// How a container last ended, in a few words of a table.
#pragma once

#include <cstdint>
#include <string>

#include "container/container.h"

namespace podtap::container {

// "137 SIGKILL, 3m ago", "137 OOMKilled, 3m ago", "0 Completed, 2h ago", "127 never started",
// "unknown, 3m ago"; "-" when it never ended. The reason is the runtime's word. Without
// escapes.
std::string DescribeLastExit(const Container& container, int64_t now_unix_ns);

// The same without the time: "137 SIGKILL"; "unknown" where the runtime told no code.
std::string DescribeExit(const Container& container);

// The signal that an exit code of 129 to 192 means, if the process didn't choose the code
// itself; 0 for any other code.
int32_t SignalOfExitCode(int32_t code);

// "5s", "3m", "2h", "4d"; less than a second, or the future: "0s".
std::string DescribeAge(int64_t nanoseconds);

}  // namespace podtap::container
