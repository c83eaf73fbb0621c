// Wildcards of probe points: `*`, `?` and `[a-z]`, as in SystemTap.
#pragma once

#include <string_view>

namespace podtap::probes {

bool HasWildcard(std::string_view pattern);

// The whole text must match. Time grows with the product of the lengths at most,
// whatever the pattern (fnmatch's grows without bound).
bool MatchesGlob(std::string_view pattern, std::string_view text);

}  // namespace podtap::probes
