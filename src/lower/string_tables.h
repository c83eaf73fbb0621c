// Text by number, for the intrinsics table.signal, table.errno and the like.
#pragma once

#include <optional>
#include <string_view>

#include "ir/ir.h"

namespace podtap::lower {

// nullopt for a name that is no table.
std::optional<ir::StringTable> MakeStringTable(std::string_view name);

}  // namespace podtap::lower
