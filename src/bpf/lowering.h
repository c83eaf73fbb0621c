// One row an op: the function that emits it.
#pragma once

#include "bpf/emitter.h"
#include "ir/ir.h"

namespace podtap::bpf {

struct Lowering {
  void (*emit)(Emitter&, const ir::Instr&) = nullptr;  // null: not in the kernel
  // Takes operands from r0 if they are there, by LoadLong and LoadTwo alone;
  // otherwise they are stored before.
  bool takes_r0 = false;
  // Uses the scratch value beyond its operands and results.
  bool scratch = false;
};

const Lowering& LoweringOf(ir::Op op);

// The jump that a comparison is, and the one taken when it doesn't hold.
struct Comparison {
  Jump holds;
  Jump fails;
};
bool IsComparison(ir::Op op);
Comparison ComparisonOf(ir::Op op);

// How often something is tried again that another CPU can get in the way of. The
// count stands where the verifier doesn't follow it, if may_goto bounds the loop
// for it.
class Retry {
 public:
  explicit Retry(Emitter& e);  // what is tried begins here
  // Once more, or on behind this after too many tries. r1 is lost.
  void Again();

 private:
  static constexpr int32_t kTries = 16;
  Emitter& e_;
  const int base_;
  const int32_t offset_;
  Assembler::Label again_, failed_;
};

// r0 = r0 / r1, or r0 % r1; r1 is neither 0 nor -1. r2 is lost.
void SignedDivision(Emitter& e, bool modulo);

// lower_long.cc
void LowerMove(Emitter&, const ir::Instr&);
void LowerBinary(Emitter&, const ir::Instr&);
void LowerDivision(Emitter&, const ir::Instr&);
void LowerShift(Emitter&, const ir::Instr&);
void LowerCompare(Emitter&, const ir::Instr&);
void LowerPtrToInt(Emitter&, const ir::Instr&);
void LowerPtrOk(Emitter&, const ir::Instr&);
// lower_memory.cc
void CastReadOnly(Emitter&, uint32_t btf_id);
void LowerArg(Emitter&, const ir::Instr&);
void LowerContext(Emitter&, const ir::Instr&);
void LowerLoad(Emitter&, const ir::Instr&);
void LowerLoadStr(Emitter&, const ir::Instr&);
void LowerRead(Emitter&, const ir::Instr&);
void LowerReadStr(Emitter&, const ir::Instr&);
void LowerReadBytes(Emitter&, const ir::Instr&);
void LowerTaskFromPid(Emitter&, const ir::Instr&);
// lower_chain.cc
void LowerChainCapture(Emitter&, const ir::Instr&);
void LowerChainText(Emitter&, const ir::Instr&);
// lower_string.cc
void LowerStrLen(Emitter&, const ir::Instr&);
void LowerStrByte(Emitter&, const ir::Instr&);
void LowerStrSetByte(Emitter&, const ir::Instr&);
void LowerStrSub(Emitter&, const ir::Instr&);
void LowerStrAppend(Emitter&, const ir::Instr&);
void LowerStrEqual(Emitter&, const ir::Instr&);
void LowerStrOrder(Emitter&, const ir::Instr&);
void LowerStrTable(Emitter&, const ir::Instr&);
// lower_format.cc
void LowerFormat(Emitter&, const ir::Instr&);
// lower_regex.cc
void LowerRegexTest(Emitter&, const ir::Instr&);
void LowerRegexMatch(Emitter&, const ir::Instr&);
void LowerRegexForget(Emitter&, const ir::Instr&);
void LowerRegexGroup(Emitter&, const ir::Instr&);
void LowerRegexGroups(Emitter&, const ir::Instr&);
// lower_global.cc
void LowerGlobalLoad(Emitter&, const ir::Instr&);
void LowerGlobalStore(Emitter&, const ir::Instr&);
void LowerGlobalAdd(Emitter&, const ir::Instr&);
// lower_array.cc
void LowerMapGet(Emitter&, const ir::Instr&);
void LowerMapSet(Emitter&, const ir::Instr&);
void LowerMapAdd(Emitter&, const ir::Instr&);
void LowerMapHas(Emitter&, const ir::Instr&);
void LowerMapDelete(Emitter&, const ir::Instr&);
// lower_stat.cc
void LowerStatPush(Emitter&, const ir::Instr&);
void LowerStatGet(Emitter&, const ir::Instr&);
// lower_iteration.cc
void LowerMapClear(Emitter&, const ir::Instr&);
void LowerMapHasSome(Emitter&, const ir::Instr&);
void LowerIterBegin(Emitter&, const ir::Instr&);
void LowerIterNext(Emitter&, const ir::Instr&);
// lower_record.cc
void LowerItem(Emitter&, const ir::Instr&);
// What a fault leaves: an error whose text is known but for its address. There is one behind
// most loads, so a program has the code for it once, with the item's number and its long
// in these places.
inline constexpr int32_t kFailureItem = Frame::kTempC, kFailureLong = Frame::kTempB;
inline constexpr uint32_t kMostFailureLongs = 1;
// How many longs the item has besides constants; nothing if it isn't such an error.
std::optional<uint32_t> LongsOfFailure(const ir::Item& item);
void LowerFailure(Emitter& e, uint32_t longs);

}  // namespace podtap::bpf
