// cgroup.kill as a signal's row shows it.
#pragma once

#include "store/evidence.h"

namespace podtap::verdict {

bool IsCgroupKill(const store::SignalSent& sent);

}  // namespace podtap::verdict
