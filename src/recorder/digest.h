// SHA-256 of a file, to look a killer's executable up by.
#pragma once

#include <cstdint>
#include <string>

namespace podtap::recorder {

inline constexpr uint64_t kMostDigested = 256u << 20;

// Lower-case hex of the whole file, from its start. Empty: it can't be read, is no plain
// file, or is longer than `most` bytes.
std::string Sha256(int fd, uint64_t most = kMostDigested);

}  // namespace podtap::recorder
