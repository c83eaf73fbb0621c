// A review as one page of HTML that stands alone: no script, nothing from the network
// (its Content-Security-Policy forbids both), light and dark as the reader's system is.
#pragma once

#include <string>
#include <string_view>

#include "report/review.h"

namespace podtap::report {

std::string HtmlPage(const Review& review);
std::string_view StyleSheet();  // report.css

}  // namespace podtap::report
