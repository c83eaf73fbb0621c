#include "cli/death_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "base/fd.h"
#include "base/file.h"
#include "cli/exit_status.h"
#include "store/evidence_json.h"

namespace podtap::cli {
namespace {

// A death of a container with thousands of processes.
constexpr size_t kLargestFile = 256u << 20;

}  // namespace

Result<void> WriteDeath(const std::string& folder, const store::Death& death) {
  const std::string path =
      folder + "/death-" + std::to_string(death.at.value + death.real_minus_boot_ns) + ".json";
  const Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600));
  const std::string text = store::DeathToJson(death, 1) + "\n";
  size_t written = 0;
  while (fd.valid() && written < text.size()) {
    const ssize_t n = ::write(fd.get(), text.data() + written, text.size() - written);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    written += static_cast<size_t>(n);
  }
  if (written == text.size()) return {};
  return std::unexpected(SystemError("write the evidence to", path, errno));
}

Result<store::Death> ReadDeath(const std::string& path) {
  const bool input = path == "-";
  const auto text = input ? ReadFd(STDIN_FILENO, "standard input", "read", kLargestFile)
                          : ReadFile(path, "read the evidence of", kLargestFile);
  if (!text) return std::unexpected(text.error());
  auto death = store::DeathFromJson(*text);
  if (!death) death.error().on = path;
  return death;
}

int DeathStatus(const verdict::Verdict& verdict) {
  return verdict.cause == verdict::Cause::kExit && verdict.exit.code == 0
             ? kOk
             : CauseStatus(verdict::CauseName(verdict.cause));
}

}  // namespace podtap::cli
