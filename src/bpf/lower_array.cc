// Arrays: BPF hash maps.
#include "bpf/element.h"
#include "bpf/lowering.h"

namespace podtap::bpf {

using ir::Global;
using ir::Instr;
using ir::Operand;
using ir::ValueType;

void BuildKey(Emitter& e, const Instr& instr, size_t first) {
  const Global& global = GlobalOf(e, instr);
  auto at = static_cast<int32_t>(e.frame().key_offset);
  for (size_t i = 0; i < global.keys.size(); i++) {
    const Operand& arg = instr.args[first + i];
    if (global.keys[i].type == ir::Type::kStr) {
      e.CopyText(Text{kScratchReg, at, global.keys[i].cap}, e.TextOf(arg, kR2));
      at += static_cast<int32_t>(global.keys[i].cap);
    } else {
      e.LoadLong(kR1, arg);
      e.as.Store(8, kScratchReg, at, kR1);
      at += 8;
    }
  }
}

void MapAndKey(Emitter& e, const Instr& instr) {
  e.as.LoadMap(kR1, Relocation::Kind::kGlobal, static_cast<uint32_t>(instr.imm));
  e.as.Mov(kR2, kScratchReg);
  e.as.OpImm(Alu::kAdd, kR2, static_cast<int32_t>(e.frame().key_offset));
}

void LookUp(Emitter& e, const Instr& instr) {
  MapAndKey(e, instr);
  e.as.Call(Helper::kMapLookup);
}

// A copy is this element's and whole if the element is still in its place behind
// it, with the same stamp: before its memory is written again, it leaves the place.
void CopyElementText(Emitter& e, const Instr& instr, const Text& to, Assembler::Label none) {
  const Global& global = GlobalOf(e, instr);
  const auto stamp = static_cast<int32_t>(ir::StampOffset(global));
  const Assembler::Label other = e.as.NewLabel(), done = e.as.NewLabel();
  Retry retry(e);
  LookUp(e, instr);
  e.as.IfImm(Jump::kEq, kR0, 0, none);
  e.as.Mov(kR8, kR0);
  e.as.Load(8, kR9, kR8, stamp);
  e.CopyText(to, Text{kR8, 0, global.value_cap});
  LookUp(e, instr);
  e.as.IfImm(Jump::kEq, kR0, 0, none);
  e.as.If(Jump::kNe, kR0, kR8, other);
  e.as.Load(8, kR1, kR0, stamp);
  e.as.If(Jump::kEq, kR1, kR9, done);
  e.as.Bind(other);
  retry.Again();
  e.CountSkipped();
  e.as.Goto(none);
  e.as.Bind(done);
}

void StoreFull(Emitter& e, const Instr& instr) {
  const Assembler::Label store = e.as.NewLabel(), fine = e.as.NewLabel();
  e.as.SignExtend(kR0, 4);  // an int in kernels before 6.4
  e.as.MovImm(kR1, 1);
  e.as.IfImm(Jump::kEq, kR0, -kTooBig, store);
  e.as.IfImm(Jump::kEq, kR0, -kNoMemory, store);
  e.as.IfImm(Jump::kEq, kR0, 0, fine);
  e.as.IfImm(Jump::kEq, kR0, -kExists, fine);  // and then it was deleted
  e.CountSkipped();
  e.as.Bind(fine);
  e.as.MovImm(kR1, 0);
  e.as.Bind(store);
  if (e.IsLive(instr.dst2)) e.StoreLong(instr.dst2, kR1);
}

namespace {

int32_t ValueAt(Emitter& e, uint32_t offset) {
  return static_cast<int32_t>(e.frame().value_offset + offset);
}

// r0 = the kernel's answer.
void Update(Emitter& e, const Instr& instr, int32_t flags) {
  MapAndKey(e, instr);
  e.as.Mov(kR3, kScratchReg);
  e.as.OpImm(Alu::kAdd, kR3, ValueAt(e, 0));
  e.as.MovImm(kR4, flags);
  e.as.Call(Helper::kMapUpdate);
}

// Makes a new element of a long.
void InsertLong(Emitter& e, const Instr& instr) {
  e.LoadLong(kR1, instr.args[0]);
  e.as.Store(8, kScratchReg, ValueAt(e, 0), kR1);
  e.NextNumber(kR2);
  e.as.Store(8, kScratchReg, ValueAt(e, ir::SequenceOffset(GlobalOf(e, instr))), kR2);
  Update(e, instr, kUpdateNoExist);
}

// The kernel puts the new value in the old one's place as a whole, and keeps the
// old one's memory for another: nothing is written into what a reader may copy.
void SetText(Emitter& e, const Instr& instr) {
  const Global& global = GlobalOf(e, instr);
  const auto sequence = static_cast<int32_t>(ir::SequenceOffset(global));
  const Assembler::Label is_new = e.as.NewLabel(), numbered = e.as.NewLabel();
  BuildKey(e, instr, 1);
  e.CopyText(Text{kScratchReg, ValueAt(e, 0), global.value_cap}, e.TextOf(instr.args[0], kR2));
  LookUp(e, instr);
  e.as.IfImm(Jump::kEq, kR0, 0, is_new);
  e.as.Load(8, kR2, kR0, sequence);
  e.as.Goto(numbered);
  e.as.Bind(is_new);
  e.NextNumber(kR2);
  e.as.Bind(numbered);
  e.as.Store(8, kScratchReg, ValueAt(e, ir::SequenceOffset(global)), kR2);
  e.NextNumber(kR2);
  e.as.Store(8, kScratchReg, ValueAt(e, ir::StampOffset(global)), kR2);
  Update(e, instr, kUpdateAny);
  StoreFull(e, instr);
}

void GetText(Emitter& e, const Instr& instr) {
  const Text to = e.TextOfReg(instr.dst);
  const Assembler::Label none = e.as.NewLabel(), done = e.as.NewLabel();
  BuildKey(e, instr, 0);
  CopyElementText(e, instr, to, none);
  if (e.IsLive(instr.dst2)) e.StoreLongImm(instr.dst2, 1);
  e.as.Goto(done);
  e.as.Bind(none);
  e.Zero(kScratchReg, to.offset, to.cap);
  if (e.IsLive(instr.dst2)) e.StoreLongImm(instr.dst2, 0);
  e.as.Bind(done);
}

}  // namespace

void LowerMapGet(Emitter& e, const Instr& instr) {
  if (GlobalOf(e, instr).value == ValueType::kString) return GetText(e, instr);
  const Assembler::Label none = e.as.NewLabel();
  BuildKey(e, instr, 0);
  LookUp(e, instr);
  e.as.MovImm(kR1, 0);
  e.as.MovImm(kR2, 0);
  e.as.IfImm(Jump::kEq, kR0, 0, none);
  e.as.MovImm(kR1, 1);
  e.as.Load(8, kR2, kR0, 0);
  e.as.Bind(none);
  if (e.IsLive(instr.dst2)) e.StoreLong(instr.dst2, kR1);
  e.as.Mov(kR0, kR2);
  e.Result0(instr);
}

void LowerMapSet(Emitter& e, const Instr& instr) {
  if (GlobalOf(e, instr).value == ValueType::kString) return SetText(e, instr);
  Upsert(
      e, instr, false, [&] { InsertLong(e, instr); },
      [&] {
        e.LoadLong(kR1, instr.args[0]);
        e.as.Store(8, kR8, 0, kR1);
      },
      [] {});
}

void LowerMapAdd(Emitter& e, const Instr& instr) {
  if (e.Wanted(instr)) NeedFetch(e, instr);
  Upsert(
      e, instr, false, [&] { InsertLong(e, instr); },
      [&] {
        e.LoadLong(kR0, instr.args[0]);
        if (e.Wanted(instr)) {
          e.as.AtomicFetchAdd(kR8, 0, kR0);
        } else {
          e.as.AtomicAdd(kR8, 0, kR0);
        }
      },
      [&] { e.as.MovImm(kR0, 0); });
  e.Result0(instr);
}

void LowerMapHas(Emitter& e, const Instr& instr) {
  const Assembler::Label none = e.as.NewLabel();
  BuildKey(e, instr, 0);
  LookUp(e, instr);
  e.as.Mov(kR1, kR0);
  e.as.MovImm(kR0, 0);
  e.as.IfImm(Jump::kEq, kR1, 0, none);
  e.as.MovImm(kR0, 1);
  e.as.Bind(none);
  e.Result0(instr);
}

void LowerMapDelete(Emitter& e, const Instr& instr) {
  BuildKey(e, instr, 0);
  MapAndKey(e, instr);
  e.as.Call(Helper::kMapDelete);
}

}  // namespace podtap::bpf
