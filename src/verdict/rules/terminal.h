// Signals of a terminal.
#pragma once

#include <string>

#include "verdict/rules/rule.h"

namespace podtap::verdict {

// Demands: one of `signals` from the kernel itself (SEND_SIG_PRIV), and not to a thread
// alone: drivers/tty/tty_jobctrl.c, n_tty.c.
bool FromTerminal(const Scene& scene, std::initializer_list<int32_t> signals);
Finding ByTerminal(const Scene& scene, Cause cause, const std::string& what);

}  // namespace podtap::verdict
