// One row an op. The order is that of the enum; Info() checks nothing at run
// time, ops_test.cc checks that every row stands in its place.
#include <array>

#include "ir/ir.h"

namespace podtap::ir {
namespace {

constexpr bool kPure = false;
constexpr bool kEffect = true;
constexpr bool kBoth = false;
constexpr bool kUserOnly = true;

constexpr auto kOps = std::to_array<OpInfo>({
    {Op::kMove, "move", kPure, kBoth},
    {Op::kAdd, "add", kPure, kBoth},
    {Op::kSub, "sub", kPure, kBoth},
    {Op::kMul, "mul", kPure, kBoth},
    {Op::kDiv, "div", kPure, kBoth},
    {Op::kMod, "mod", kPure, kBoth},
    {Op::kAnd, "and", kPure, kBoth},
    {Op::kOr, "or", kPure, kBoth},
    {Op::kXor, "xor", kPure, kBoth},
    {Op::kShl, "shl", kPure, kBoth},
    {Op::kShr, "shr", kPure, kBoth},
    {Op::kShrLogical, "shr.logical", kPure, kBoth},
    {Op::kEq, "eq", kPure, kBoth},
    {Op::kNe, "ne", kPure, kBoth},
    {Op::kLt, "lt", kPure, kBoth},
    {Op::kLe, "le", kPure, kBoth},
    {Op::kGt, "gt", kPure, kBoth},
    {Op::kGe, "ge", kPure, kBoth},
    {Op::kPtrToInt, "ptr.int", kPure, kBoth},
    {Op::kPtrOk, "ptr.ok", kPure, kBoth},
    {Op::kArg, "arg", kPure, kBoth},
    {Op::kContext, "context", kPure, kBoth},
    {Op::kLoad, "load", kPure, kBoth},
    {Op::kLoadStr, "load.str", kPure, kBoth},
    {Op::kReadKernel, "read.kernel", kPure, kBoth},
    {Op::kReadUser, "read.user", kPure, kBoth},
    {Op::kReadKernelStr, "read.kernel.str", kPure, kBoth},
    {Op::kReadUserStr, "read.user.str", kPure, kBoth},
    {Op::kReadKernelBytes, "read.kernel.bytes", kPure, kBoth},
    {Op::kTaskFromPid, "task.from_pid", kPure, kBoth},
    {Op::kChainCapture, "chain.capture", kPure, kBoth},
    {Op::kChainText, "chain.text", kPure, kBoth},
    {Op::kStrLen, "str.len", kPure, kBoth},
    {Op::kStrByte, "str.byte", kPure, kBoth},
    {Op::kStrSetByte, "str.set", kPure, kBoth},
    {Op::kStrSub, "str.sub", kPure, kBoth},
    {Op::kStrAppend, "str.append", kPure, kBoth},
    {Op::kStrEq, "str.eq", kPure, kBoth},
    {Op::kStrNe, "str.ne", kPure, kBoth},
    {Op::kStrLt, "str.lt", kPure, kBoth},
    {Op::kStrLe, "str.le", kPure, kBoth},
    {Op::kStrGt, "str.gt", kPure, kBoth},
    {Op::kStrGe, "str.ge", kPure, kBoth},
    {Op::kStrTable, "str.table", kPure, kBoth},
    {Op::kFormat, "format", kPure, kBoth},
    {Op::kRegexTest, "regex.test", kPure, kBoth},
    {Op::kRegexMatch, "regex.match", kEffect, kBoth},
    {Op::kRegexForget, "regex.forget", kEffect, kBoth},
    {Op::kRegexGroup, "regex.group", kPure, kBoth},
    {Op::kRegexGroups, "regex.groups", kPure, kBoth},
    {Op::kGlobalLoad, "global.load", kPure, kBoth},
    {Op::kGlobalStore, "global.store", kEffect, kBoth},
    {Op::kGlobalAdd, "global.add", kEffect, kBoth},
    {Op::kMapGet, "map.get", kPure, kBoth},
    {Op::kMapSet, "map.set", kEffect, kBoth},
    {Op::kMapAdd, "map.add", kEffect, kBoth},
    {Op::kMapHas, "map.has", kPure, kBoth},
    {Op::kMapDelete, "map.delete", kEffect, kBoth},
    {Op::kMapClear, "map.clear", kEffect, kBoth},
    {Op::kMapClearSome, "map.clear.some", kEffect, kBoth},
    {Op::kMapHasSome, "map.has.some", kPure, kBoth},
    {Op::kStatPush, "stat.push", kEffect, kBoth},
    {Op::kStatGet, "stat.get", kPure, kBoth},
    {Op::kStatBucket, "stat.bucket", kPure, kUserOnly},
    {Op::kIterBegin, "iter.begin", kEffect, kBoth},
    {Op::kIterNext, "iter.next", kEffect, kBoth},
    {Op::kPrint, "print", kEffect, kBoth},
    {Op::kHistogram, "histogram", kEffect, kUserOnly},
    {Op::kEvent, "event", kEffect, kBoth},
    {Op::kExit, "exit", kEffect, kBoth},
    {Op::kError, "error", kEffect, kBoth},
    {Op::kWarn, "warn", kEffect, kBoth},
    {Op::kLog, "log", kEffect, kBoth},
    {Op::kSetTarget, "target.set", kEffect, kUserOnly},
});

constexpr bool InOrder() {
  for (size_t i = 0; i < kOps.size(); i++) {
    if (static_cast<size_t>(kOps[i].op) != i) return false;
  }
  return true;
}
static_assert(InOrder());
static_assert(kOps.size() == static_cast<size_t>(Op::kSetTarget) + 1);

}  // namespace

const OpInfo& Info(Op op) { return kOps[static_cast<size_t>(op)]; }

bool NeedsUserSpace(const Module& module, const Instr& instr) {
  switch (instr.op) {
    case Op::kStatGet:
      return static_cast<StatField>(instr.aux) == StatField::kVariance;
    case Op::kIterBegin:
    case Op::kIterNext:
      return instr.aux < module.iterations.size() &&
             module.iterations[instr.aux].sort_direction != 0;
    default:
      return Info(instr.op).user_only;
  }
}

bool RunsInKernel(const Module& module, const Program& program, bool all_in_kernel) {
  if (IsKernelSide(program.attach)) return true;
  if (!all_in_kernel) return false;
  for (const Block& block : program.blocks) {
    for (const Instr& instr : block.instrs) {
      if (NeedsUserSpace(module, instr)) return false;
    }
  }
  return true;
}

}  // namespace podtap::ir
