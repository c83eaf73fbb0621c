// The end of a pid namespace as a signal's row shows it.
#pragma once

#include "verdict/rules/rule.h"

namespace podtap::verdict {

bool IsTeardown(const View& view, const store::SignalSent& sent);

}  // namespace podtap::verdict
