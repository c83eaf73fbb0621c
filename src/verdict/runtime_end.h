// A runtime that is told to end ends its containers; one whose shim was killed cleans up
// after it. Nobody asked at its socket then: whoever ended the runtime's process did it.
#pragma once

#include <optional>
#include <string>

#include "verdict/hand.h"
#include "verdict/view.h"

namespace podtap::verdict {

struct RuntimeEnd {
  Signal signal;     // to dockerd, or to the container's shim
  std::string what;  // "told it to stop", "killed its shim"
};

// The last before `at`, the runtime's first signal to the container.
std::optional<RuntimeEnd> RuntimeEndBefore(const View& view, const Hand& hand, store::BootNs at);

}  // namespace podtap::verdict
