// What is done to a Module before it is executed, and how it is looked at.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "ir/ir.h"

namespace podtap::ir {

// Checks every invariant that ir.h states; an Error of kind kInternal names the
// program, block and instruction that break one.
Result<void> Verify(const Module& module);

// Gives every str register, string global and string key its cap: the smallest
// that holds all that can reach it, at most limits.max_string.
void InferCaps(Module& module);

// Removes what is never used, folds constants (globals that nobody writes are
// constants), and moves pure computations next to their only use, so that a
// probe whose condition is false has done nothing but test it.
void Optimise(Module& module);

// Text form: `--dump=ir`. Read() accepts what Dump() prints.
std::string Dump(const Module& module);
Result<Module> Read(std::string_view text);

}  // namespace podtap::ir
