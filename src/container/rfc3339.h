// Times as Docker and Podman write them → Unix nanoseconds.
#pragma once

#include <cstdint>
#include <string_view>

namespace podtap::container {

// "2026-11-25T22:38:18.928410004Z", "2026-11-25T23:38:18+01:00". 0: not a time, or the
// year 1, which is how Go says "never".
int64_t ParseRfc3339(std::string_view text);

}  // namespace podtap::container
