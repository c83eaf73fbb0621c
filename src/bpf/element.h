// What the lowerings of arrays share: a key put together, an element found or made.
#pragma once

#include <cstddef>

#include "bpf/emitter.h"
#include "bpf/insn.h"
#include "ir/ir.h"
#include "ir/layout.h"

namespace podtap::bpf {

// lower_global.cc
const ir::Global& GlobalOf(Emitter& e, const ir::Instr& instr);
// The scalar's address; false, and refused, when it has none in the kernel.
bool ScalarAddress(Emitter& e, const ir::Instr& instr, int to);
// Refuses where the kernel has no atomic operation that gives the old value.
void NeedFetch(Emitter& e, const ir::Instr& instr);

// lower_array.cc
// The key that begins at args[first], word by word, into its place in scratch.
void BuildKey(Emitter& e, const ir::Instr& instr, size_t first);
// r1 = map, r2 = key.
void MapAndKey(Emitter& e, const ir::Instr& instr);
// r0 = the element's value, or null.
void LookUp(Emitter& e, const ir::Instr& instr);
// The string of the element whose key stands in its place; r0 to r9 are lost.
void CopyElementText(Emitter& e, const ir::Instr& instr, const Text& to, Assembler::Label none);
// dst2 = whether the update whose answer stands in r0 found the array full. What
// else may go wrong (a lock that this CPU holds already) is counted as skipped.
void StoreFull(Emitter& e, const ir::Instr& instr);

// Runs `on_element` with r8 at the element, which `insert` makes if it isn't there
// (its answer in r0): when another CPU made it first, the second look finds it.
// `on_none` runs where there is no room, and, unless `always`, for a new element.
template <typename Insert, typename OnElement, typename OnNone>
void Upsert(Emitter& e, const ir::Instr& instr, bool always, Insert insert, OnElement on_element,
            OnNone on_none) {
  const Assembler::Label found = e.as.NewLabel(), made = e.as.NewLabel(), done = e.as.NewLabel();
  BuildKey(e, instr, 1);
  LookUp(e, instr);
  e.as.IfImm(Jump::kNe, kR0, 0, found);
  insert();
  if (!always) e.as.IfImm(Jump::kEq, kR0, 0, made);
  e.as.Store(8, kFrame, Frame::kTempB, kR0);
  LookUp(e, instr);
  e.as.IfImm(Jump::kNe, kR0, 0, found);
  e.as.Load(8, kR0, kFrame, Frame::kTempB);
  StoreFull(e, instr);
  on_none();
  e.as.Goto(done);
  e.as.Bind(made);
  if (e.IsLive(instr.dst2)) e.StoreLongImm(instr.dst2, 0);
  on_none();
  e.as.Goto(done);
  e.as.Bind(found);
  if (e.IsLive(instr.dst2)) e.StoreLongImm(instr.dst2, 0);
  e.as.Mov(kR8, kR0);
  on_element();
  e.as.Bind(done);
}

}  // namespace podtap::bpf
