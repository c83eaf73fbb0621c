// Text that anybody may have written → text of an HTML page.
#pragma once

#include <string>
#include <string_view>

namespace podtap::report {

// Control characters and broken UTF-8 as \xNN (base/escape.h), and nothing that HTML would
// take for markup: safe between tags and in an attribute in double quotes.
std::string Html(std::string_view text);
// The same for text of several lines whose bytes are escaped already.
std::string HtmlLines(std::string_view escaped);

}  // namespace podtap::report
