// How a page shows the classes of causes: a word, a style and a mark each, so that colour
// alone tells nothing.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "verdict/cause_class.h"

namespace podtap::report {

struct ClassLook {
  std::string_view style;  // of report.css
  std::string_view label;
  std::string_view path;  // an SVG path around 0,0, some 10 units wide
};

// By the values of CauseClass.
inline constexpr std::array<ClassLook, verdict::kCauseClasses> kClassLooks = {{
    {"killed", "killed", "M-5,-5L5,5M5,-5L-5,5"},
    {"stopped", "stopped", "M-4.5,-4.5H4.5V4.5H-4.5Z"},
    {"memory", "out of memory", "M0,-5.5L5.5,4.5H-5.5Z"},
    {"fault", "fault or limit", "M0,-6L6,0L0,6L-6,0Z"},
    {"exited", "exited by itself", "M-4.5,0A4.5,4.5 0 1 0 4.5,0A4.5,4.5 0 1 0 -4.5,0Z"},
    {"unknown", "not known", "M-1.5,-6H1.5V6H-1.5Z"},
}};

constexpr const ClassLook& LookOf(verdict::CauseClass is) {
  return kClassLooks[static_cast<size_t>(is)];
}
inline const ClassLook& LookOf(std::string_view cause) { return LookOf(verdict::ClassOf(cause)); }

}  // namespace podtap::report
