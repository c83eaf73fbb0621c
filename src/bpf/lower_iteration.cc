// Walking over an array: the kernel calls a function of ours for each element
// (bpf_for_each_map_elem, 5.13).
//
// delete and `in` do their work in that function. foreach can't, as its body is
// code of any kind in the middle of the program: the function only notes the keys,
// in a snapshot that belongs to this program and CPU, and the loop takes them from
// there. An element that is gone when its turn comes is left out; so is what the
// walk made of memory that was being changed under it, since no element has such
// a key.
#include <algorithm>

#include "bpf/cursor.h"
#include "bpf/element.h"
#include "bpf/lowering.h"

namespace podtap::bpf {

using ir::Global;
using ir::Instr;
using ir::Iteration;
using ir::Op;

namespace {

// Registers of a function that the kernel calls with (map, key, value, context).
constexpr int kKeyArg = kR2, kContextArg = kR4;
// And of its own, which calls leave alone.
constexpr int kSnapshotReg = 6, kCountReg = 7;
// What the context points to, on the stack of the program.
constexpr int32_t kContext = Frame::kTempB;
constexpr int32_t kContextScratch = 0, kContextSnapshot = 8;

const Iteration& IterationOf(Emitter& e, const Instr& instr) {
  return e.module().iterations[instr.aux];
}

bool NeedForEach(Emitter& e, const Instr& instr) {
  if (e.target().for_each_element) return true;
  e.Refuse(instr, "this kernel's eBPF can't walk over an array (bpf_for_each_map_elem, 5.13)");
  return false;
}

// What the filters want, into the key's place; nothing where any will do.
void BuildFilter(Emitter& e, const Instr& instr) {
  const Global& global = GlobalOf(e, instr);
  const Iteration& iteration = IterationOf(e, instr);
  auto at = static_cast<int32_t>(e.frame().key_offset);
  for (size_t i = 0; i < iteration.filters.size(); i++) {
    const Iteration::Filter& filter = iteration.filters[i];
    const uint32_t size = global.keys[i].type == ir::Type::kStr ? global.keys[i].cap : 8;
    if (!filter.any && global.keys[i].type == ir::Type::kStr) {
      e.CopyText(Text{kScratchReg, at, size}, e.TextOf(filter.value, kR2));
    } else if (!filter.any) {
      e.LoadLong(kR1, filter.value);
      e.as.Store(8, kScratchReg, at, kR1);
    }
    at += static_cast<int32_t>(size);
  }
}

// Goes to `fails` unless the key passes; `scratch` holds the scratch value.
void Test(Emitter& e, const Instr& instr, int scratch, Assembler::Label fails) {
  const Global& global = GlobalOf(e, instr);
  const Iteration& iteration = IterationOf(e, instr);
  int32_t at = 0;
  for (size_t i = 0; i < iteration.filters.size(); i++) {
    const auto size =
        static_cast<int32_t>(global.keys[i].type == ir::Type::kStr ? global.keys[i].cap : 8);
    for (int32_t k = at; !iteration.filters[i].any && k < at + size; k += 8) {
      e.as.Load(8, kR0, kKeyArg, k);
      e.as.Load(8, kR5, scratch, static_cast<int32_t>(e.frame().key_offset) + k);
      e.as.If(Jump::kNe, kR0, kR5, fails);
    }
    at += size;
  }
}

bool HasFilter(const Iteration& iteration) {
  return std::any_of(iteration.filters.begin(), iteration.filters.end(),
                     [](const Iteration::Filter& filter) { return !filter.any; });
}

void Return(Emitter& e, int32_t value) {
  e.as.MovImm(kR0, value);
  e.as.Exit();
}

// Calls `function` for each element; r0 = how many there were.
void CallForEach(Emitter& e, const Instr& instr, Assembler::Label function) {
  e.as.Store(8, kFrame, kContext + kContextScratch, kScratchReg);
  e.as.LoadMap(kR1, Relocation::Kind::kGlobal, static_cast<uint32_t>(instr.imm));
  e.as.LoadFunction(kR2, function);
  e.as.Mov(kR3, kFrame);
  e.as.OpImm(Alu::kAdd, kR3, kContext);
  e.as.MovImm(kR4, 0);
  e.as.Call(Helper::kForEachElement);
}

void DeleteFunction(Emitter& e, const Instr& instr, bool some) {
  const Assembler::Label other = e.as.NewLabel();
  if (some) {
    e.as.Load(8, kR3, kContextArg, kContextScratch);
    Test(e, instr, kR3, other);
  }
  e.as.Call(Helper::kMapDelete);  // (map, key)
  e.as.Bind(other);
  Return(e, 0);
}

void ClearStatistics(Emitter& e, const Instr& instr) {
  const auto slot = static_cast<int32_t>(ir::ScalarSlotSize(GlobalOf(e, instr)));
  if (!ScalarAddress(e, instr, kR8)) return;
  e.as.Load(8, kR9, kR8, 0);
  e.as.OpImm(Alu::kAdd, kR9, 1);
  e.as.Mov(kR1, kR9);
  e.as.OpImm(Alu::kAnd, kR1, 1);
  e.as.OpImm(Alu::kMul, kR1, slot);
  e.as.Op(Alu::kAdd, kR1, kR8);
  e.as.OpImm(Alu::kAdd, kR1, ir::kTurnSize);
  e.as.MovImm(kR2, slot);
  e.as.LoadValue(kR3, Relocation::Kind::kRodata, e.layout().zero_offset);
  e.as.Call(Helper::kReadKernel);
  e.as.Store(8, kR8, 0, kR9);
}

}  // namespace

void LowerMapClear(Emitter& e, const Instr& instr) {
  const Global& global = GlobalOf(e, instr);
  if (!global.is_array()) {
    if (global.value == ir::ValueType::kStats) return ClearStatistics(e, instr);
    e.Refuse(instr, "'map.clear' of such a scalar can't run in the kernel");
    return;
  }
  if (!NeedForEach(e, instr)) return;
  const bool some = instr.op == Op::kMapClearSome && HasFilter(IterationOf(e, instr));
  if (some) BuildFilter(e, instr);
  const Assembler::Label function =
      e.AddFunction([&e, &instr, some] { DeleteFunction(e, instr, some); });
  CallForEach(e, instr, function);
  if (some) return;
  // An element that another CPU moved under the walk is met by a second one.
  const Assembler::Label done = e.as.NewLabel();
  e.as.IfImm(Jump::kSle, kR0, 0, done);
  CallForEach(e, instr, function);
  e.as.Bind(done);
}

void LowerMapHasSome(Emitter& e, const Instr& instr) {
  if (!NeedForEach(e, instr)) return;
  BuildFilter(e, instr);
  e.as.StoreImm(8, kScratchReg, Emitter::Cell(kCellValue), 0);
  CallForEach(e, instr, e.AddFunction([&e, &instr] {
    const Assembler::Label other = e.as.NewLabel();
    e.as.Load(8, kR3, kContextArg, kContextScratch);
    Test(e, instr, kR3, other);
    e.as.StoreImm(8, kR3, Emitter::Cell(kCellValue), 1);
    Return(e, 1);
    e.as.Bind(other);
    Return(e, 0);
  }));
  e.as.Load(8, kR0, kScratchReg, Emitter::Cell(kCellValue));
  e.Result0(instr);
}

// -------------------------------------------------------------------- foreach

namespace {

// r8 = this CPU's part of the snapshot for that iteration; r0 to r5 are lost.
void LoadSnapshot(Emitter& e, const Instr& instr) {
  e.as.Call(Helper::kCpu);
  e.as.Store(4, kFrame, Frame::kTempA, kR0);
  e.as.LoadMap(kR1, Relocation::Kind::kSnapshot);
  e.as.Mov(kR2, kFrame);
  e.as.OpImm(Alu::kAdd, kR2, Frame::kTempA);
  e.as.Call(Helper::kMapLookup);
  e.as.IfImm(Jump::kEq, kR0, 0, e.exit_label());
  e.as.Mov(kR8, kR0);
  const auto offset = static_cast<int32_t>(e.frame().snapshots.at(instr.aux).offset);
  if (offset != 0) e.as.OpImm(Alu::kAdd, kR8, offset);
}

// Notes the key, if there is room: more than the loop may walk over isn't needed.
void NoteFunction(Emitter& e, const Instr& instr) {
  const auto size = static_cast<int32_t>(ir::KeySize(GlobalOf(e, instr)));
  const Assembler::Label other = e.as.NewLabel(), full = e.as.NewLabel();
  e.as.Load(8, kR3, kContextArg, kContextScratch);
  e.as.Load(8, kSnapshotReg, kContextArg, kContextSnapshot);
  e.as.Load(8, kCountReg, kSnapshotReg, kSnapshotCount);
  e.as.IfImm(Jump::kGe, kCountReg, static_cast<int32_t>(e.frame().snapshots.at(instr.aux).most),
             full);
  Test(e, instr, kR3, other);
  e.as.Mov(kR1, kCountReg);
  e.as.OpImm(Alu::kMul, kR1, size);
  e.as.Op(Alu::kAdd, kR1, kSnapshotReg);
  e.CopyText(Text{kR1, kSnapshotKeys, static_cast<uint32_t>(size)},
             Text{kKeyArg, 0, static_cast<uint32_t>(size)});
  e.as.OpImm(Alu::kAdd, kCountReg, 1);
  e.as.Store(8, kSnapshotReg, kSnapshotCount, kCountReg);
  e.as.Bind(other);
  Return(e, 0);
  e.as.Bind(full);
  Return(e, 1);
}

// The value of the element whose key stands in its place, into the loop's variable.
void LoadValue(Emitter& e, const Instr& instr, Assembler::Label gone) {
  const ir::Reg to = IterationOf(e, instr).value_reg;
  if (e.IsLive(to) && e.reg(to).type == ir::Type::kStr) {
    return CopyElementText(e, instr, e.TextOfReg(to), gone);
  }
  LookUp(e, instr);
  e.as.IfImm(Jump::kEq, kR0, 0, gone);
  if (!e.IsLive(to)) return;
  e.as.Load(8, kR1, kR0, 0);
  e.StoreLong(to, kR1);
}

// The key that stands in its place, into the loop's variables.
void StoreKeys(Emitter& e, const Instr& instr) {
  const Global& global = GlobalOf(e, instr);
  const Iteration& iteration = IterationOf(e, instr);
  auto at = static_cast<int32_t>(e.frame().key_offset);
  for (size_t i = 0; i < global.keys.size(); i++) {
    const bool wanted = i < iteration.key_regs.size() && e.IsLive(iteration.key_regs[i]);
    if (global.keys[i].type == ir::Type::kStr) {
      const Text from{kScratchReg, at, global.keys[i].cap};
      if (wanted) e.CopyText(e.TextOfReg(iteration.key_regs[i]), from);
      at += static_cast<int32_t>(global.keys[i].cap);
    } else {
      if (wanted) {
        e.as.Load(8, kR1, kScratchReg, at);
        e.StoreLong(iteration.key_regs[i], kR1);
      }
      at += 8;
    }
  }
}

}  // namespace

void LowerIterBegin(Emitter& e, const Instr& instr) {
  if (!NeedForEach(e, instr)) return;
  if (IterationOf(e, instr).sort_direction != 0) {
    e.Refuse(instr, "a sorted foreach can't run in the kernel");
    return;
  }
  BuildFilter(e, instr);
  LoadSnapshot(e, instr);
  const Assembler::Label positive = e.as.NewLabel();
  const ir::Operand& limit = instr.args[0];
  if (limit.is_imm() && limit.imm == -1) {
    e.as.MovImm(kR1, INT32_MAX);
  } else {
    e.LoadLong(kR1, limit);
    e.as.IfImm(Jump::kSge, kR1, 0, positive);
    e.as.MovImm(kR1, 0);
    e.as.Bind(positive);
  }
  e.as.Store(8, kR8, kSnapshotLeft, kR1);
  e.as.StoreImm(8, kR8, kSnapshotCount, 0);
  e.as.StoreImm(8, kR8, kSnapshotNext, 0);
  e.as.Store(8, kFrame, kContext + kContextSnapshot, kR8);
  CallForEach(e, instr, e.AddFunction([&e, &instr] { NoteFunction(e, instr); }));
}

void LowerIterNext(Emitter& e, const Instr& instr) {
  const auto found = e.frame().snapshots.find(instr.aux);
  if (found == e.frame().snapshots.end()) {
    e.Refuse(instr, "a foreach loop goes on that never began");
    return;
  }
  const uint32_t size = ir::KeySize(GlobalOf(e, instr));
  const Assembler::Label end = e.as.NewLabel(), gone = e.as.NewLabel(), done = e.as.NewLabel();
  LoadSnapshot(e, instr);
  e.as.Load(8, kR9, kR8, kSnapshotNext);
  e.as.Load(8, kR1, kR8, kSnapshotCount);
  e.as.If(Jump::kGe, kR9, kR1, end);
  e.as.IfImm(Jump::kGe, kR9, static_cast<int32_t>(found->second.most), end);
  e.as.Load(8, kR1, kR8, kSnapshotLeft);
  e.as.IfImm(Jump::kSle, kR1, 0, end);
  e.as.Mov(kR3, kR9);
  e.as.OpImm(Alu::kMul, kR3, static_cast<int32_t>(size));
  e.as.Op(Alu::kAdd, kR3, kR8);
  e.as.OpImm(Alu::kAdd, kR9, 1);
  e.as.Store(8, kR8, kSnapshotNext, kR9);
  e.CopyText(Text{kScratchReg, static_cast<int32_t>(e.frame().key_offset), size},
             Text{kR3, kSnapshotKeys, size});
  LoadValue(e, instr, gone);
  StoreKeys(e, instr);
  LoadSnapshot(e, instr);
  e.as.Load(8, kR1, kR8, kSnapshotLeft);
  e.as.OpImm(Alu::kAdd, kR1, -1);
  e.as.Store(8, kR8, kSnapshotLeft, kR1);
  if (e.IsLive(instr.dst2)) e.StoreLongImm(instr.dst2, 1);
  e.as.MovImm(kR0, 1);
  e.as.Goto(done);
  e.as.Bind(gone);
  if (e.IsLive(instr.dst2)) e.StoreLongImm(instr.dst2, 0);
  e.as.MovImm(kR0, 1);
  e.as.Goto(done);
  e.as.Bind(end);
  e.as.MovImm(kR0, 0);
  e.as.Bind(done);
  e.Result0(instr);
}

}  // namespace podtap::bpf
