#include "bpf/lowering.h"

#include <array>

#include "bpf/cursor.h"

namespace podtap::bpf {
namespace {

using ir::Op;

struct Row {
  Op op;
  Lowering lowering;
};

constexpr bool kTakesR0 = true;
constexpr bool kNeedsScratch = true;

constexpr Row kRows[] = {
    {Op::kMove, {LowerMove, kTakesR0}},
    {Op::kAdd, {LowerBinary, kTakesR0}},
    {Op::kSub, {LowerBinary, kTakesR0}},
    {Op::kMul, {LowerBinary, kTakesR0}},
    {Op::kDiv, {LowerDivision, kTakesR0}},
    {Op::kMod, {LowerDivision, kTakesR0}},
    {Op::kAnd, {LowerBinary, kTakesR0}},
    {Op::kOr, {LowerBinary, kTakesR0}},
    {Op::kXor, {LowerBinary, kTakesR0}},
    {Op::kShl, {LowerShift, kTakesR0}},
    {Op::kShr, {LowerShift, kTakesR0}},
    {Op::kShrLogical, {LowerShift, kTakesR0}},
    {Op::kEq, {LowerCompare, kTakesR0}},
    {Op::kNe, {LowerCompare, kTakesR0}},
    {Op::kLt, {LowerCompare, kTakesR0}},
    {Op::kLe, {LowerCompare, kTakesR0}},
    {Op::kGt, {LowerCompare, kTakesR0}},
    {Op::kGe, {LowerCompare, kTakesR0}},
    {Op::kPtrToInt, {LowerPtrToInt, kTakesR0}},
    {Op::kPtrOk, {LowerPtrOk, kTakesR0}},
    {Op::kArg, {LowerArg, kTakesR0}},
    {Op::kContext, {LowerContext}},
    {Op::kLoad, {LowerLoad, kTakesR0}},
    {Op::kLoadStr, {LowerLoadStr}},
    {Op::kReadKernel, {LowerRead}},
    {Op::kReadUser, {LowerRead}},
    {Op::kReadKernelStr, {LowerReadStr}},
    {Op::kReadUserStr, {LowerReadStr}},
    {Op::kReadKernelBytes, {LowerReadBytes}},
    {Op::kTaskFromPid, {LowerTaskFromPid, false, kNeedsScratch}},
    {Op::kChainCapture, {LowerChainCapture}},
    {Op::kChainText, {LowerChainText}},
    {Op::kStrLen, {LowerStrLen, false, kNeedsScratch}},
    {Op::kStrByte, {LowerStrByte}},
    {Op::kStrSetByte, {LowerStrSetByte}},
    {Op::kStrSub, {LowerStrSub}},
    {Op::kStrAppend, {LowerStrAppend}},
    {Op::kStrEq, {LowerStrEqual}},
    {Op::kStrNe, {LowerStrEqual}},
    {Op::kStrLt, {LowerStrOrder}},
    {Op::kStrLe, {LowerStrOrder}},
    {Op::kStrGt, {LowerStrOrder}},
    {Op::kStrGe, {LowerStrOrder}},
    {Op::kStrTable, {LowerStrTable}},
    {Op::kFormat, {LowerFormat}},
    {Op::kRegexTest, {LowerRegexTest, false, kNeedsScratch}},
    {Op::kRegexMatch, {LowerRegexMatch, false, kNeedsScratch}},
    {Op::kRegexForget, {LowerRegexForget, false, kNeedsScratch}},
    {Op::kRegexGroup, {LowerRegexGroup, false, kNeedsScratch}},
    {Op::kRegexGroups, {LowerRegexGroups, false, kNeedsScratch}},
    {Op::kGlobalLoad, {LowerGlobalLoad}},
    {Op::kGlobalStore, {LowerGlobalStore, kTakesR0}},
    {Op::kGlobalAdd, {LowerGlobalAdd, kTakesR0}},
    {Op::kMapGet, {LowerMapGet, false, kNeedsScratch}},
    {Op::kMapSet, {LowerMapSet, false, kNeedsScratch}},
    {Op::kMapAdd, {LowerMapAdd, false, kNeedsScratch}},
    {Op::kMapHas, {LowerMapHas, false, kNeedsScratch}},
    {Op::kMapDelete, {LowerMapDelete, false, kNeedsScratch}},
    {Op::kMapClear, {LowerMapClear, false, kNeedsScratch}},
    {Op::kMapClearSome, {LowerMapClear, false, kNeedsScratch}},
    {Op::kMapHasSome, {LowerMapHasSome, false, kNeedsScratch}},
    {Op::kIterBegin, {LowerIterBegin, false, kNeedsScratch}},
    {Op::kIterNext, {LowerIterNext, false, kNeedsScratch}},
    {Op::kStatPush, {LowerStatPush, false, kNeedsScratch}},
    {Op::kStatGet, {LowerStatGet, false, kNeedsScratch}},
    {Op::kPrint, {LowerItem, false, kNeedsScratch}},
    {Op::kEvent, {LowerItem, false, kNeedsScratch}},
    {Op::kExit, {LowerItem, false, kNeedsScratch}},
    {Op::kError, {LowerItem, false, kNeedsScratch}},
    {Op::kWarn, {LowerItem, false, kNeedsScratch}},
    {Op::kLog, {LowerItem, false, kNeedsScratch}},
};

constexpr size_t kOpCount = static_cast<size_t>(Op::kSetTarget) + 1;

constexpr std::array<Lowering, kOpCount> kByOp = [] {
  std::array<Lowering, kOpCount> table{};
  for (const Row& row : kRows) table[static_cast<size_t>(row.op)] = row.lowering;
  return table;
}();

constexpr Comparison kComparisons[] = {
    {Jump::kEq, Jump::kNe},   {Jump::kNe, Jump::kEq},   {Jump::kSlt, Jump::kSge},
    {Jump::kSle, Jump::kSgt}, {Jump::kSgt, Jump::kSle}, {Jump::kSge, Jump::kSlt},
};

}  // namespace

const Lowering& LoweringOf(Op op) { return kByOp[static_cast<size_t>(op)]; }

Retry::Retry(Emitter& e)
    : e_(e),
      base_(e.target().may_goto ? kScratchReg : kFrame),
      offset_(e.target().may_goto ? Emitter::Cell(kCellTries) : Frame::kTempC),
      again_(e.as.NewLabel()),
      failed_(e.as.NewLabel()) {
  e_.as.StoreImm(8, base_, offset_, kTries);
  e_.as.Bind(again_);
}

void Retry::Again() {
  e_.as.Load(8, kR1, base_, offset_);
  e_.as.OpImm(Alu::kAdd, kR1, -1);
  e_.as.Store(8, base_, offset_, kR1);
  e_.as.IfImm(Jump::kEq, kR1, 0, failed_);
  if (e_.target().may_goto) e_.as.MayGoto(failed_);
  e_.as.Goto(again_);
  e_.as.Bind(failed_);
}

bool IsComparison(Op op) { return op >= Op::kEq && op <= Op::kGe; }

Comparison ComparisonOf(Op op) {
  return kComparisons[static_cast<size_t>(op) - static_cast<size_t>(Op::kEq)];
}

}  // namespace podtap::bpf
