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

// Turns every string scalar that a program in the kernel writes into an array with
// one element: an element's value is replaced as a whole, while bytes that several
// CPUs write would mix. Before Optimise.
void BoxStrings(Module& module, bool all_in_kernel = false);

// Adds a program of kind AttachCall for each atomic operation that a user-side
// program does on an array that kernel programs share. After InferCaps.
void AddStoreCalls(Module& module, bool all_in_kernel = false);

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
