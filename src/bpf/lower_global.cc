// Globals: scalars in the control map, arrays as BPF hash maps.
#include <cstddef>

#include "bpf/lowering.h"

namespace podtap::bpf {

using ir::Global;
using ir::Instr;
using ir::Operand;
using ir::ValueType;

namespace {

const Global& GlobalOf(Emitter& e, const Instr& instr) {
  return e.module().globals[static_cast<size_t>(instr.imm)];
}

// The scalar's address; false when it has none in the kernel.
bool ScalarAddress(Emitter& e, const Instr& instr, int to) {
  const auto index = static_cast<size_t>(instr.imm);
  const uint32_t offset =
      index < e.layout().scalar_offset.size() ? e.layout().scalar_offset[index] : ir::kNone;
  if (offset == ir::kNone) {
    e.Refuse(instr, "the global has no place in the kernel");
    return false;
  }
  e.LoadControl(to, offset);
  return true;
}

}  // namespace

void LowerGlobalLoad(Emitter& e, const Instr& instr) {
  const Global& global = GlobalOf(e, instr);
  if (global.value == ValueType::kString) {
    if (!ScalarAddress(e, instr, kR8)) return;
    e.CopyText(e.TextOfReg(instr.dst), Text{kR8, 0, global.value_cap});
    return;
  }
  if (!ScalarAddress(e, instr, kR0)) return;
  e.as.Load(8, kR0, kR0, 0);
  e.Result0(instr);
}

void LowerGlobalStore(Emitter& e, const Instr& instr) {
  const Global& global = GlobalOf(e, instr);
  const Operand& value = instr.args[0];
  if (global.value == ValueType::kString) {
    if (!ScalarAddress(e, instr, kR8)) return;
    e.CopyText(Text{kR8, 0, global.value_cap}, e.TextOf(value, kR2));
  } else if (value.is_imm() && FitsImm(value.imm)) {
    if (!ScalarAddress(e, instr, kR1)) return;
    e.as.StoreImm(8, kR1, 0, static_cast<int32_t>(value.imm));
  } else {
    e.LoadLong(kR0, value);
    if (!ScalarAddress(e, instr, kR1)) return;
    e.as.Store(8, kR1, 0, kR0);
  }
}

void LowerGlobalAdd(Emitter& e, const Instr& instr) {
  e.LoadLong(kR0, instr.args[0]);
  if (!ScalarAddress(e, instr, kR1)) return;
  if (e.Wanted(instr)) {
    e.as.AtomicFetchAdd(kR1, 0, kR0);
    e.Result0(instr);
  } else {
    e.as.AtomicAdd(kR1, 0, kR0);
  }
}

namespace {

// The key, word by word, into its place in scratch.
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

// r1 = map, r2 = key.
void MapAndKey(Emitter& e, const Instr& instr) {
  e.as.LoadMap(kR1, Relocation::Kind::kGlobal, static_cast<uint32_t>(instr.imm));
  e.as.Mov(kR2, kScratchReg);
  e.as.OpImm(Alu::kAdd, kR2, static_cast<int32_t>(e.frame().key_offset));
}

// r0 = the element's value, or null.
void LookUp(Emitter& e, const Instr& instr) {
  MapAndKey(e, instr);
  e.as.Call(Helper::kMapLookup);
}

// What stands at r8 (a value of the global) becomes the instruction's.
void PutValue(Emitter& e, const Instr& instr, int base, int32_t offset) {
  const Global& global = GlobalOf(e, instr);
  const Operand& value = instr.args[0];
  if (global.value == ValueType::kString) {
    e.CopyText(Text{base, offset, global.value_cap}, e.TextOf(value, kR2));
  } else {
    e.LoadLong(kR1, value);
    e.as.Store(8, base, offset, kR1);
  }
}

// Makes a new element from the instruction's value; r0 = 0 if it is in.
void Insert(Emitter& e, const Instr& instr) {
  const Global& global = GlobalOf(e, instr);
  const auto value = static_cast<int32_t>(e.frame().value_offset);
  PutValue(e, instr, kScratchReg, value);
  e.LoadControl(kR1, offsetof(ir::Control, insert_sequence));
  e.as.MovImm(kR2, 1);
  e.as.AtomicFetchAdd(kR1, 0, kR2);
  e.as.Store(8, kScratchReg, value + static_cast<int32_t>(ir::SequenceOffset(global)), kR2);
  MapAndKey(e, instr);
  e.as.Mov(kR3, kScratchReg);
  e.as.OpImm(Alu::kAdd, kR3, value);
  e.as.MovImm(kR4, kUpdateNoExist);
  e.as.Call(Helper::kMapUpdate);
}

// Runs `on_element` with r8 at the element, which is made if it isn't there:
// when another CPU made it first, the second look finds it.
template <typename OnElement, typename OnNew>
void Upsert(Emitter& e, const Instr& instr, OnElement on_element, OnNew on_new) {
  const Assembler::Label found = e.as.NewLabel(), made = e.as.NewLabel(), done = e.as.NewLabel();
  BuildKey(e, instr, 1);
  LookUp(e, instr);
  e.as.IfImm(Jump::kNe, kR0, 0, found);
  Insert(e, instr);
  e.as.IfImm(Jump::kEq, kR0, 0, made);
  LookUp(e, instr);
  e.as.IfImm(Jump::kNe, kR0, 0, found);
  if (e.IsLive(instr.dst2)) e.StoreLongImm(instr.dst2, 1);
  on_new();
  e.as.Goto(done);
  e.as.Bind(made);
  if (e.IsLive(instr.dst2)) e.StoreLongImm(instr.dst2, 0);
  on_new();
  e.as.Goto(done);
  e.as.Bind(found);
  if (e.IsLive(instr.dst2)) e.StoreLongImm(instr.dst2, 0);
  e.as.Mov(kR8, kR0);
  on_element();
  e.as.Bind(done);
}

}  // namespace

void LowerMapGet(Emitter& e, const Instr& instr) {
  const Global& global = GlobalOf(e, instr);
  const Assembler::Label none = e.as.NewLabel(), done = e.as.NewLabel();
  BuildKey(e, instr, 0);
  LookUp(e, instr);
  if (global.value == ValueType::kString) {
    const Text to = e.TextOfReg(instr.dst);
    e.as.IfImm(Jump::kEq, kR0, 0, none);
    e.as.Mov(kR8, kR0);
    e.CopyText(to, Text{kR8, 0, global.value_cap});
    if (e.IsLive(instr.dst2)) e.StoreLongImm(instr.dst2, 1);
    e.as.Goto(done);
    e.as.Bind(none);
    e.Zero(kScratchReg, to.offset, to.cap);
    if (e.IsLive(instr.dst2)) e.StoreLongImm(instr.dst2, 0);
    e.as.Bind(done);
    return;
  }
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
  Upsert(
      e, instr, [&] { PutValue(e, instr, kR8, 0); }, [] {});
}

void LowerMapAdd(Emitter& e, const Instr& instr) {
  Upsert(
      e, instr,
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
