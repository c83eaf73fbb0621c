// ir::Store over the maps that kernel programs share: scalars by the mapped
// control page, arrays by system calls.
#pragma once

#include <memory>

#include "attach/maps.h"
#include "ir/ir.h"
#include "ir/layout.h"
#include "ir/store.h"

namespace podtap::attach {

// All three must outlive the store.
std::unique_ptr<ir::Store> MakeBpfStore(const ir::Module& module, const ir::Layout& layout,
                                        const Maps& maps);

}  // namespace podtap::attach
