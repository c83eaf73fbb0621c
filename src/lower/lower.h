// Checked script + probes → ir.
//
// What enters: the Script, resolved probe points (through probes/) and kernel
// types. What leaves: a Module before InferCaps and Optimise. Functions are
// inlined; a recursive one may run in user-side probes only.
// To add an intrinsic (a tapset function whose body is `%{ name %}`), see
// intrinsics.cc.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "ir/ir.h"
#include "kernel/kernel.h"
#include "lang/tree.h"
#include "source/diagnostic.h"

namespace podtap::lower {

struct Options {
  ir::Limits limits;
  int64_t target_pid = 0;  // -x, or the pid of -c's command
  bool guru_mode = false;
};

// Mistakes of the script go to `diagnostics`; the Error is a machine's failure
// (no BTF, tracefs unreadable).
Result<ir::Module> Lower(const source::SourceSet& sources, const lang::Script& script,
                         kernel::Kernel& kernel, const Options& options,
                         source::Diagnostics& diagnostics);

}  // namespace podtap::lower
