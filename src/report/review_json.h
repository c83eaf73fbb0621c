// A review as JSON: schema podtap.report/v1 (docs/schema/podtap.report.v1.schema.json).
#pragma once

#include <string>

#include "report/review.h"

namespace podtap::report {

// One object in one line. Bytes that aren't UTF-8 become U+FFFD.
std::string ReviewJson(const Review& review);

}  // namespace podtap::report
