// ir::Store over the maps that kernel programs share: scalars by the mapped
// control page, arrays by system calls and, where an operation must be atomic, by
// small programs that run in the kernel.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "attach/maps.h"
#include "ir/ir.h"
#include "ir/layout.h"
#include "ir/store.h"

namespace podtap::attach {

struct StoreOptions {
  // Orders of insertion and stamps are counted in the control block; otherwise
  // (no atomic fetch-and-add in kernel programs) they are the clock's.
  bool counted = true;
  // Runs a program of kind AttachCall; false when the kernel can't.
  std::function<bool(uint32_t program)> run;
};

// Module, layout and maps must outlive the store.
std::unique_ptr<ir::Store> MakeBpfStore(const ir::Module& module, const ir::Layout& layout,
                                        const Maps& maps, StoreOptions options);

}  // namespace podtap::attach
