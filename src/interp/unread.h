// The values of globals that a script wrote and never read, as SystemTap prints
// them when a session ends.
#pragma once

#include <string>

#include "ir/ir.h"
#include "ir/store.h"

namespace podtap::interp {

// Appends the lines of one global: "cnt=5", `names["b"]=2` (by descending value),
// "agg @count=1 @min=3 @max=3 @sum=3 @avg=3" (nothing when it is empty).
void AppendUnread(ir::Store& store, const ir::Module& module, uint32_t global, std::string& out);

}  // namespace podtap::interp
