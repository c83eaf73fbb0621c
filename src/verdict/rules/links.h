// Steps of a verdict's chain.
#pragma once

#include "verdict/blow.h"
#include "verdict/end.h"
#include "verdict/verdict.h"

namespace podtap::verdict {

// "pkill(23549) sent SIGKILL to server(7942)".
Link SentLink(const View& view, const Signal& signal);
// "server(7942) was ended by SIGKILL", "sh(4700) exited with code 3".
Link EndLink(const View& view, const End& end);

}  // namespace podtap::verdict
