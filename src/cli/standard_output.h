// What a command prints as its result.
#pragma once

#include <string_view>

#include "base/result.h"

namespace podtap::cli {

// Written and flushed. When whoever read it is gone, the error's number is EPIPE.
Result<void> WriteOut(std::string_view text);

}  // namespace podtap::cli
