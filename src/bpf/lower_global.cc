// Scalar globals: longs and strings in the control map.
#include "bpf/element.h"
#include "bpf/lowering.h"

namespace podtap::bpf {

using ir::Global;
using ir::Instr;
using ir::Operand;
using ir::ValueType;

const Global& GlobalOf(Emitter& e, const Instr& instr) {
  return e.module().globals[static_cast<size_t>(instr.imm)];
}

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

namespace {

// Copies the slot that holds, until user space didn't change over meanwhile.
void LoadText(Emitter& e, const Instr& instr, uint32_t cap) {
  const Text to = e.TextOfReg(instr.dst);
  const Assembler::Label done = e.as.NewLabel();
  if (!ScalarAddress(e, instr, kR8)) return;
  Retry retry(e);
  e.as.Load(8, kR9, kR8, 0);
  e.as.Mov(kR3, kR9);
  e.as.OpImm(Alu::kAnd, kR3, 1);
  e.as.OpImm(Alu::kMul, kR3, static_cast<int32_t>(cap));
  e.as.Op(Alu::kAdd, kR3, kR8);
  e.CopyText(to, Text{kR3, ir::kTurnSize, cap});
  e.as.Load(8, kR1, kR8, 0);
  e.as.If(Jump::kEq, kR1, kR9, done);
  retry.Again();
  e.Zero(kScratchReg, to.offset, to.cap);
  e.CountSkipped();
  e.as.Bind(done);
}

}  // namespace

void LowerGlobalLoad(Emitter& e, const Instr& instr) {
  const Global& global = GlobalOf(e, instr);
  if (global.value == ValueType::kString) return LoadText(e, instr, global.value_cap);
  if (!ScalarAddress(e, instr, kR0)) return;
  e.as.Load(8, kR0, kR0, 0);
  e.Result0(instr);
}

void LowerGlobalStore(Emitter& e, const Instr& instr) {
  const Operand& value = instr.args[0];
  if (GlobalOf(e, instr).value == ValueType::kString) {
    e.Refuse(instr, "a string that the kernel writes isn't an element");  // see BoxStrings
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
  if (!e.Wanted(instr)) {
    e.as.AtomicAdd(kR1, 0, kR0);
    return;
  }
  NeedFetch(e, instr);
  e.as.AtomicFetchAdd(kR1, 0, kR0);
  e.Result0(instr);
}

void NeedFetch(Emitter& e, const Instr& instr) {
  if (e.target().atomic_fetch) return;
  e.Refuse(instr, "this kernel's eBPF has no atomic fetch-and-add (5.12)");
}

}  // namespace podtap::bpf
