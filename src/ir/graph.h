// The control-flow graph of a Program, and who reads and writes which register.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "ir/ir.h"

namespace podtap::ir {

// Operands an instruction reads, those of its iteration's filters included. A
// register that is changed in place (kStrSetByte, kStrAppend) is visited as one
// that is read as well as written.
void ForEachRead(const Module& module, const Instr& instr,
                 const std::function<void(const Operand&)>& visit);
void ForEachWrite(const Module& module, const Instr& instr, const std::function<void(Reg)>& visit);

// Blocks that a terminator may lead to: none, one or two.
std::vector<BlockId> Successors(const Terminator& end);

struct Graph {
  std::vector<bool> reachable;
  std::vector<BlockId> order;                // reverse post-order of the reachable blocks
  std::vector<uint32_t> position;            // of each block in `order`, or kNone
  std::vector<BlockId> immediate_dominator;  // of the entry: itself
  std::vector<bool> in_cycle;                // the block can be reached from itself
  bool Dominates(BlockId one, BlockId other) const;
};
Graph Analyse(const Program& program);

}  // namespace podtap::ir
