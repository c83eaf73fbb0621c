// What keeps a loaded program attached, and the ways to attach one.
#pragma once

#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "ir/ir.h"

namespace podtap::attach {

// The descriptors that hold the attachment; closing them ends it.
Result<std::vector<Fd>> AttachProgram(const ir::Program& program, int program_fd, int cpus);

}  // namespace podtap::attach
