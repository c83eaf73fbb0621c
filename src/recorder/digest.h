// SHA-256 of a file, to look a killer's executable up by.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>

namespace podtap::recorder {

inline constexpr uint64_t kMostDigested = 256u << 20;

// Lower-case hex of the whole file, from its start. Empty: it can't be read, is no plain
// file, or is longer than `most` bytes.
std::string Sha256(int fd, uint64_t most = kMostDigested);

// The same, remembered: whoever kills a thousand containers is read once. A file that was
// written to since, or whose name went, has another time of change (inode(7): ctime).
class Digests {
 public:
  std::string Of(int fd);

 private:
  using Identity = std::tuple<uint64_t, uint64_t, int64_t, int64_t, int64_t>;
  std::map<Identity, std::string> known_;
};

}  // namespace podtap::recorder
