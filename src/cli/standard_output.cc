#include "cli/standard_output.h"

#include <cerrno>
#include <cstdio>

namespace podtap::cli {

Result<void> WriteOut(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0) {
    return {};
  }
  return std::unexpected(SystemError("write", "standard output", errno));
}

}  // namespace podtap::cli
