#include <string>

#include "lang/quote.h"
#include "lang/tree.h"

namespace podtap::lang {

std::string ProbePoint::Text() const {
  std::string out;
  for (const Component& component : components) {
    if (!out.empty()) out += '.';
    out += component.name;
    if (component.arg == Component::Arg::kNumber) {
      out += '(' + std::to_string(component.number) + ')';
    } else if (component.arg == Component::Arg::kString) {
      out += '(' + Quote(component.text) + ')';
    }
  }
  return out;
}

}  // namespace podtap::lang
