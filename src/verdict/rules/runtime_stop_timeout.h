// Why a container outlived its grace period.
#pragma once

#include "verdict/rules/rule.h"

namespace podtap::verdict {

// Puts first what to do about a process that didn't obey `asked`.
void AddTimeoutSteps(const Scene& scene, const Signal& asked, std::vector<std::string>& steps);

}  // namespace podtap::verdict
