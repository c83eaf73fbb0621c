// What every provider does with a point: read it, print it, complain about it.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "lang/tree.h"
#include "source/diagnostic.h"

namespace podtap::probes {

// `ms(300)`, `trace("sched:*")`.
std::string ComponentText(const lang::Component& component);
// The components joined by dots, without `?`, `!` and condition.
std::string PointText(const lang::ProbePoint& point);

// Whether an absent point is fine: `?` or `!` stands behind it.
inline bool MayBeAbsent(const lang::ProbePoint& point) {
  return point.optional || point.sufficient;
}

// Whether the components from the second on have these names.
bool Follows(const lang::ProbePoint& point, std::initializer_list<std::string_view> names);

// Diagnostics about one point. Each points at a component, and says that it was
// met "while resolving probe point". Mismatch, Truncated and NoMatch keep quiet
// about a point that may be absent.
class Complaints {
 public:
  Complaints(const lang::ProbePoint& point, source::Diagnostics& diagnostics)
      : point_(point), diagnostics_(diagnostics) {}

  // The component isn't one of `known`: "probe point mismatch (similar: …)".
  void Mismatch(size_t component, std::vector<std::string> known);
  // Something must follow the component: "probe point truncated (follow: …)".
  void Truncated(size_t component, const std::vector<std::string>& follow);
  void NoMatch(size_t component, std::string message);
  void Error(size_t component, std::string message);
  void Warning(size_t component, std::string message);

 private:
  void Add(source::Severity severity, size_t component, std::string message,
           std::vector<std::string> similar = {});
  const lang::ProbePoint& point_;
  source::Diagnostics& diagnostics_;
};

// The last component that is allowed is `last`; complains about what follows it.
bool EndsAt(const lang::ProbePoint& point, size_t last, Complaints& complaints);

}  // namespace podtap::probes
