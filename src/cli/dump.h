// --dump: the windows in the doors between the rooms.
#pragma once

#include <string_view>

#include "cli/pipeline.h"

namespace podtap::cli {

bool IsDumpStage(std::string_view stage);
int DumpBpf(const Compilation& compilation, kernel::Kernel& kernel, const RunOptions& options);
int DumpAttach(const Compilation& compilation);

}  // namespace podtap::cli
