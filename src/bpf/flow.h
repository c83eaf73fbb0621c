// Liveness of one program's virtual registers.
//
// What enters: an ir::Program. What leaves: where each register is alive, as
// one interval over the linear order of instructions (frame.cc shares homes by
// it), and what the emitter asks at each instruction.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/result.h"
#include "ir/ir.h"

namespace podtap::bpf {

struct Interval {
  uint32_t begin = UINT32_MAX;
  uint32_t end = 0;
  bool empty() const { return begin == UINT32_MAX; }
  void Cover(uint32_t at);
};

// The registers that an instruction reads (dst included where it is changed in
// place, and an iteration's, which keep their values at its end) and writes.
void ForEachUse(const ir::Module& module, const ir::Instr& instr,
                const std::function<void(ir::Reg)>& visit);
void ForEachDef(const ir::Module& module, const ir::Instr& instr,
                const std::function<void(ir::Reg)>& visit);

struct Flow {
  std::vector<Interval> intervals;  // of each register
  std::vector<bool> live_at_entry;  // read somewhere before it was written
  std::vector<bool> opaque;         // changes from one round of a loop to the next
  std::vector<bool> raw;            // a str of raw bytes (%m)
  // dst_live[block][i]: instruction i's dst is read later. dst_beyond[block][i]: it
  // is still read after the next instruction (or after the terminator).
  std::vector<std::vector<bool>> dst_live;
  std::vector<std::vector<bool>> dst_beyond;
};

// Error: a program so large that no kernel would take it (kUnsupported).
Result<Flow> Analyse(const ir::Module& module, const ir::Program& program);

}  // namespace podtap::bpf
