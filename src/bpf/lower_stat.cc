// Statistics: what ir::PushStat and ir::ReadStat do, in instructions.
#include <bit>
#include <cstddef>

#include "bpf/element.h"
#include "bpf/lowering.h"
#include "ir/statistics.h"

namespace podtap::bpf {

using ir::Global;
using ir::Instr;
using ir::StatField;
using ir::StatValue;

namespace {

// The number r9 enters the statistics value at r8 + `offset`; r0 to r5 are lost.
class Push {
 public:
  Push(Emitter& e, const Instr& instr, int32_t offset)
      : e_(e), as_(e.as), instr_(instr), global_(GlobalOf(e, instr)), offset_(offset) {}

  // The count comes last: who reads it first finds the rest in its place.
  void Run() {
    const ir::StatWords words = ir::WordsOf(global_);
    if (words.squares) {
      NeedFetch(e_, instr_);
      AddWideSum();
      AddSquare();
    } else if (words.sum) {
      as_.AtomicAdd(kR8, At(offsetof(StatValue, sum)), kR9);
    }
    if (words.least) Raise(ir::kLeastMask, At(offsetof(StatValue, least)));
    if (words.greatest) Raise(ir::kGreatestMask, At(offsetof(StatValue, greatest)));
    if (global_.log_histogram) CountLog();
    if (global_.linear_histogram) CountLinear(*global_.linear_histogram);
    as_.MovImm(kR1, 1);
    as_.AtomicAdd(kR8, At(offsetof(StatValue, count)), kR1);
  }

 private:
  int32_t At(size_t field) const { return offset_ + static_cast<int32_t>(field); }

  // The word at `low` += r1, the one at `high` += r2 and the carry. r3 and r4 are lost.
  void AddWide(int32_t low, int32_t high) {
    const Assembler::Label none = as_.NewLabel();
    as_.Mov(kR3, kR1);
    as_.AtomicFetchAdd(kR8, low, kR3);
    as_.Mov(kR4, kR3);
    as_.Op(Alu::kAdd, kR4, kR1);
    as_.If(Jump::kGe, kR4, kR3, none);
    as_.OpImm(Alu::kAdd, kR2, 1);
    as_.Bind(none);
    as_.AtomicAdd(kR8, high, kR2);
  }

  void AddWideSum() {
    as_.Mov(kR1, kR9);
    as_.Mov(kR2, kR9);
    as_.OpImm(Alu::kArsh, kR2, 63);
    AddWide(At(offsetof(StatValue, sum)), At(offsetof(StatValue, sum_high)));
  }

  // r1 = the number's magnitude, r2 = -1 where it is negative, else 0.
  void Magnitude() {
    as_.Mov(kR2, kR9);
    as_.OpImm(Alu::kArsh, kR2, 63);
    as_.Mov(kR1, kR9);
    as_.Op(Alu::kXor, kR1, kR2);
    as_.Op(Alu::kSub, kR1, kR2);
  }

  // With the halves a and b of the magnitude: a*a in the upper word, b*b in the
  // lower, and 2*a*b across both.
  void AddSquare() {
    const Assembler::Label none = as_.NewLabel();
    Magnitude();
    as_.Mov(kR2, kR1);
    as_.OpImm(Alu::kRsh, kR2, 32);
    as_.OpImm(Alu::kLsh, kR1, 32);
    as_.OpImm(Alu::kRsh, kR1, 32);
    as_.Mov(kR3, kR1);
    as_.Op(Alu::kMul, kR3, kR2);
    as_.Op(Alu::kMul, kR1, kR1);
    as_.Op(Alu::kMul, kR2, kR2);
    as_.Mov(kR4, kR3);
    as_.OpImm(Alu::kLsh, kR4, 33);
    as_.OpImm(Alu::kRsh, kR3, 31);
    as_.Op(Alu::kAdd, kR2, kR3);
    as_.Op(Alu::kAdd, kR1, kR4);
    as_.If(Jump::kGe, kR1, kR4, none);
    as_.OpImm(Alu::kAdd, kR2, 1);
    as_.Bind(none);
    AddWide(At(offsetof(StatValue, squares_low)), At(offsetof(StatValue, squares_high)));
  }

  // The word becomes the greater of itself and the number under the mask.
  void Raise(uint64_t mask, int32_t at) {
    const Assembler::Label again = as_.NewLabel(), done = as_.NewLabel(), lost = as_.NewLabel();
    NeedFetch(e_, instr_);
    as_.MovImm(kR2, static_cast<int64_t>(mask));
    as_.Op(Alu::kXor, kR2, kR9);
    as_.MovImm(kR4, kTries);
    as_.Load(8, kR0, kR8, at);
    as_.Bind(again);
    as_.If(Jump::kGe, kR0, kR2, done);
    as_.Mov(kR3, kR0);
    as_.AtomicCompareExchange(kR8, at, kR2);
    as_.If(Jump::kEq, kR0, kR3, done);
    // Another CPU has just raised it. The tries bound the loop for the verifier.
    if (e_.target().may_goto) {
      as_.MayGoto(lost);
    } else {
      as_.OpImm(Alu::kAdd, kR4, -1);
      as_.IfImm(Jump::kEq, kR4, 0, lost);
    }
    as_.Goto(again);
    as_.Bind(lost);
    e_.CountSkipped();
    as_.Bind(done);
  }

  // The word at r8 + r`index` * 8 + `at` += 1.
  void CountBucket(int index, ir::HistogramKind kind) {
    as_.OpImm(Alu::kLsh, index, 3);
    as_.Op(Alu::kAdd, index, kR8);
    as_.MovImm(kR3, 1);
    as_.AtomicAdd(index, At(ir::BucketOffset(global_, kind)), kR3);
  }

  // The magnitude's bits are counted by halving, without a branch: each would
  // double what the verifier looks at.
  void CountLog() {
    Magnitude();
    as_.MovImm(kR4, 0);
    for (int32_t power = 5; power >= 0; power--) {
      as_.Mov(kR3, kR1);
      as_.OpImm(Alu::kRsh, kR3, 1 << power);
      as_.Neg(kR3);  // negative where anything is left
      as_.OpImm(Alu::kRsh, kR3, 63);
      as_.OpImm(Alu::kLsh, kR3, power);
      as_.Op(Alu::kRsh, kR1, kR3);
      as_.Op(Alu::kAdd, kR4, kR3);
    }
    as_.Op(Alu::kAdd, kR4, kR1);
    as_.Op(Alu::kXor, kR4, kR2);
    as_.Op(Alu::kSub, kR4, kR2);
    as_.OpImm(Alu::kAdd, kR4, ir::kZeroBucket);
    as_.OpImm(Alu::kAnd, kR4, ir::kLogBuckets - 1);
    CountBucket(kR4, ir::HistogramKind::kLog);
  }

  void CountLinear(const Global::Linear& linear) {
    const auto last =
        static_cast<int32_t>(ir::BucketCount(global_, ir::HistogramKind::kLinear) - 1);
    const Assembler::Label put = as_.NewLabel(), beyond = as_.NewLabel();
    as_.MovImm(kR1, 0);
    as_.MovImm(kR2, linear.low);
    as_.If(Jump::kSlt, kR9, kR2, put);
    if (linear.step > 0) {
      as_.Mov(kR1, kR9);
      as_.Op(Alu::kSub, kR1, kR2);
      as_.MovImm(kR2, linear.step);
      as_.Op(Alu::kDiv, kR1, kR2);
      as_.IfImm(Jump::kGe, kR1, last - 1, beyond);
      as_.OpImm(Alu::kAdd, kR1, 1);
      as_.Goto(put);
    }
    as_.Bind(beyond);
    as_.MovImm(kR1, last);
    as_.Bind(put);
    CountBucket(kR1, ir::HistogramKind::kLinear);
  }

  static constexpr int32_t kTries = 32;
  Emitter& e_;
  Assembler& as_;
  const Instr& instr_;
  const Global& global_;
  const int32_t offset_;
};

// r8 = where the scalar's slot that holds begins, less kTurnSize.
bool ScalarSlot(Emitter& e, const Instr& instr) {
  if (!ScalarAddress(e, instr, kR8)) return false;
  e.as.Load(8, kR1, kR8, 0);
  e.as.OpImm(Alu::kAnd, kR1, 1);
  e.as.OpImm(Alu::kMul, kR1, static_cast<int32_t>(ir::ScalarSlotSize(GlobalOf(e, instr))));
  e.as.Op(Alu::kAdd, kR8, kR1);
  return true;
}

// A new element is made of zeroes, so that whatever enters it, enters it there.
void InsertEmpty(Emitter& e, const Instr& instr) {
  MapAndKey(e, instr);
  e.as.LoadValue(kR3, Relocation::Kind::kRodata, e.layout().zero_offset);
  e.as.MovImm(kR4, kUpdateNoExist);
  e.as.Call(Helper::kMapUpdate);
}

// Whoever made the element says when it was made.
void NumberElement(Emitter& e, const Instr& instr) {
  const Assembler::Label done = e.as.NewLabel();
  const auto at = static_cast<int32_t>(ir::SequenceOffset(GlobalOf(e, instr)));
  e.as.Load(8, kR1, kR8, at);
  e.as.IfImm(Jump::kNe, kR1, 0, done);
  e.NextNumber(kR2);
  e.as.Store(8, kR8, at, kR2);
  e.as.Bind(done);
}

// r0 = the field of the value at r8 + `offset`, whose count, not 0, is in r9.
void ReadField(Emitter& e, StatField field, int32_t offset) {
  const auto load = [&](size_t word) {
    e.as.Load(8, kR0, kR8, offset + static_cast<int32_t>(word));
  };
  const auto unmask = [&](uint64_t mask) {
    e.as.MovImm(kR1, static_cast<int64_t>(mask));
    e.as.Op(Alu::kXor, kR0, kR1);
  };
  switch (field) {
    case StatField::kCount:
    case StatField::kVariance:
      e.as.Mov(kR0, kR9);
      return;
    case StatField::kSum:
      return load(offsetof(StatValue, sum));
    case StatField::kMin:
      load(offsetof(StatValue, least));
      return unmask(ir::kLeastMask);
    case StatField::kMax:
      load(offsetof(StatValue, greatest));
      return unmask(ir::kGreatestMask);
    case StatField::kAvg:
      load(offsetof(StatValue, sum));
      e.as.Mov(kR1, kR9);
      return SignedDivision(e, false);
  }
}

}  // namespace

void LowerStatPush(Emitter& e, const Instr& instr) {
  if (!GlobalOf(e, instr).is_array()) {
    if (!ScalarSlot(e, instr)) return;
    e.LoadLong(kR9, instr.args[0]);
    Push(e, instr, ir::kTurnSize).Run();
    if (e.IsLive(instr.dst2)) e.StoreLongImm(instr.dst2, 0);
    return;
  }
  Upsert(
      e, instr, true, [&] { InsertEmpty(e, instr); },
      [&] {
        e.LoadLong(kR9, instr.args[0]);
        NumberElement(e, instr);
        Push(e, instr, 0).Run();
      },
      [] {});
}

void LowerStatGet(Emitter& e, const Instr& instr) {
  const auto field = static_cast<StatField>(instr.aux);
  if (field == StatField::kVariance) {
    e.Refuse(instr, "@variance can't be read in the kernel");
    return;
  }
  const bool is_array = GlobalOf(e, instr).is_array();
  const int32_t offset = is_array ? 0 : ir::kTurnSize;
  const Assembler::Label none = e.as.NewLabel(), done = e.as.NewLabel();
  if (is_array) {
    BuildKey(e, instr, 0);
    LookUp(e, instr);
    e.as.IfImm(Jump::kEq, kR0, 0, none);
    e.as.Mov(kR8, kR0);
  } else if (!ScalarSlot(e, instr)) {
    return;
  }
  e.as.Load(8, kR9, kR8, offset + static_cast<int32_t>(offsetof(StatValue, count)));
  e.as.IfImm(Jump::kEq, kR9, 0, none);
  if (e.IsLive(instr.dst2)) e.StoreLongImm(instr.dst2, 1);
  ReadField(e, field, offset);
  e.as.Goto(done);
  e.as.Bind(none);
  if (e.IsLive(instr.dst2)) e.StoreLongImm(instr.dst2, 0);
  e.as.MovImm(kR0, 0);
  e.as.Bind(done);
  e.Result0(instr);
}

}  // namespace podtap::bpf
