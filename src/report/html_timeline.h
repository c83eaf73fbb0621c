// The timeline of a report: a line a pod, a mark a death, what nobody saw hatched.
#pragma once

#include <string>

#include "report/review.h"

namespace podtap::report {

// An <svg> element. Each mark is a link to "#death-ID" and says in its title what it is.
// The pods with most deaths alone, if there are many: the last line says how many more.
std::string TimelineSvg(const Review& review);

}  // namespace podtap::report
