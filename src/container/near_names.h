// Names that a mistyped one may have meant.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace podtap::container {

// At most five of `names`, the nearest first: few letters differ, or one contains the
// other. Each once.
std::vector<std::string> NearNames(std::string_view wanted, std::vector<std::string> names);

}  // namespace podtap::container
