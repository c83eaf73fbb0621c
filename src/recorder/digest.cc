#include "recorder/digest.h"

#include <nettle/sha2.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>
#include <vector>

namespace podtap::recorder {
namespace {

constexpr size_t kMostRemembered = 256;

}  // namespace

std::string Sha256(int fd, uint64_t most) {
  struct stat status {};
  if (::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) return "";
  if (static_cast<uint64_t>(status.st_size) > most) return "";
  sha256_ctx context;
  sha256_init(&context);
  std::vector<uint8_t> buffer(size_t{1} << 16);
  for (uint64_t at = 0; at <= most;) {
    const ssize_t n = ::pread(fd, buffer.data(), buffer.size(), static_cast<off_t>(at));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return "";
    if (n == 0) {
      std::array<uint8_t, SHA256_DIGEST_SIZE> digest;
      sha256_digest(&context, digest.size(), digest.data());
      constexpr std::string_view kDigits = "0123456789abcdef";
      std::string hex;
      for (const uint8_t byte : digest) {
        hex += kDigits[byte >> 4];
        hex += kDigits[byte & 15];
      }
      return hex;
    }
    sha256_update(&context, static_cast<size_t>(n), buffer.data());
    at += static_cast<uint64_t>(n);
  }
  return "";  // it grew while it was read
}

std::string Digests::Of(int fd) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return "";
  const Identity identity = {status.st_dev, status.st_ino, status.st_size, status.st_ctim.tv_sec,
                             status.st_ctim.tv_nsec};
  if (const auto found = known_.find(identity); found != known_.end()) return found->second;
  std::string digest = Sha256(fd);
  // Written to while it was read: the next one reads it again.
  struct stat after {};
  const bool same = ::fstat(fd, &after) == 0 && after.st_ctim.tv_sec == status.st_ctim.tv_sec &&
                    after.st_ctim.tv_nsec == status.st_ctim.tv_nsec;
  if (same) {
    if (known_.size() >= kMostRemembered) known_.clear();
    known_.emplace(identity, digest);
  }
  return digest;
}

}  // namespace podtap::recorder
