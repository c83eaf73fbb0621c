// The targets that name a place on the node: pid:N, cgroup:PATH, unit:NAME.
#pragma once

#include "container/resolve.h"

namespace podtap::container {

// With what was searched and who couldn't be asked; `searched` begins with " among".
Unresolved NewUnresolved(const Target& target, const Inventory& inventory);

std::expected<Resolved, Unresolved> ResolvePid(const Target& target, const Inventory& inventory,
                                               const cgroup::Tree& tree);
std::expected<Resolved, Unresolved> ResolveCgroup(const Target& target, const Inventory& inventory,
                                                  const cgroup::Tree& tree);
std::expected<Resolved, Unresolved> ResolveUnit(const Target& target, const Inventory& inventory,
                                                const cgroup::Tree& tree);

}  // namespace podtap::container
