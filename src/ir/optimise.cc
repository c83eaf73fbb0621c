// Optimise: a few passes over each program, in the order at the end of the file.
#include <optional>

#include "ir/graph.h"
#include "ir/passes.h"

namespace podtap::ir {
namespace {

// Where each register is written, if in one place only.
struct Definitions {
  struct Place {
    BlockId block = kNone;
    uint32_t index = 0;
    uint32_t count = 0;
  };
  std::vector<Place> places;

  Definitions(const Module& module, const Program& program) : places(program.regs.size()) {
    for (BlockId b = 0; b < program.blocks.size(); b++) {
      const auto& instrs = program.blocks[b].instrs;
      for (uint32_t i = 0; i < instrs.size(); i++) {
        ForEachWrite(module, instrs[i], [&](Reg reg) {
          places[reg].block = b;
          places[reg].index = i;
          places[reg].count++;
        });
      }
    }
  }
  bool single(Reg reg) const { return places[reg].count == 1; }
};

// Jumps through empty blocks, joins a block with its only successor, and drops
// what can't be reached.
void TidyBlocks(Program& program) {
  const auto target = [&](BlockId block) {
    for (int hops = 0; hops < 64; hops++) {
      const Block& b = program.blocks[block];
      if (!b.instrs.empty() || b.end.kind != Terminator::Kind::kJump || b.end.then_block == block) {
        break;
      }
      block = b.end.then_block;
    }
    return block;
  };
  std::vector<uint32_t> predecessors(program.blocks.size(), 0);
  for (Block& block : program.blocks) {
    Terminator& end = block.end;
    if (end.kind == Terminator::Kind::kBranch && end.cond.is_imm()) {
      end.then_block = end.cond.imm != 0 ? end.then_block : end.else_block;
      end.else_block = kNone;
      end.kind = Terminator::Kind::kJump;
    }
    if (end.then_block != kNone) end.then_block = target(end.then_block);
    if (end.else_block != kNone) end.else_block = target(end.else_block);
  }
  const Graph before = Analyse(program);
  for (BlockId block : before.order) {
    for (BlockId next : Successors(program.blocks[block].end)) predecessors[next]++;
  }
  std::vector<bool> merged(program.blocks.size(), false);
  for (BlockId block : before.order) {
    if (merged[block]) continue;
    Block& b = program.blocks[block];
    while (b.end.kind == Terminator::Kind::kJump && b.end.then_block != block &&
           b.end.then_block != 0 && predecessors[b.end.then_block] == 1) {
      const BlockId next = b.end.then_block;
      Block& n = program.blocks[next];
      b.instrs.insert(b.instrs.end(), std::make_move_iterator(n.instrs.begin()),
                      std::make_move_iterator(n.instrs.end()));
      b.end = n.end;
      n.instrs.clear();
      n.end = {};
      merged[next] = true;
    }
  }
  const Graph graph = Analyse(program);
  std::vector<BlockId> renamed(program.blocks.size(), kNone);
  std::vector<Block> kept;
  for (BlockId block : graph.order) {
    renamed[block] = static_cast<BlockId>(kept.size());
    kept.push_back(std::move(program.blocks[block]));
  }
  for (Block& block : kept) {
    if (block.end.then_block != kNone) block.end.then_block = renamed[block.end.then_block];
    if (block.end.else_block != kNone) block.end.else_block = renamed[block.end.else_block];
  }
  program.blocks = std::move(kept);
}

// Replaces reads of a register that only ever holds a constant, or a copy of
// another such register, by what it holds, where its one write comes first.
void PropagateCopies(const Module& module, Program& program) {
  const Definitions defs(module, program);
  const Graph graph = Analyse(program);
  std::vector<std::optional<Operand>> holds(program.regs.size());
  for (BlockId block : graph.order) {
    for (const Instr& instr : program.blocks[block].instrs) {
      if (instr.op != Op::kMove || !defs.single(instr.dst)) continue;
      Operand from = instr.args[0];
      if (from.is_reg()) {
        if (!defs.single(from.reg)) continue;
        if (holds[from.reg]) from = *holds[from.reg];
      }
      holds[instr.dst] = from;
    }
  }
  const auto replace = [&](Operand& operand, BlockId block, uint32_t index) {
    if (!operand.is_reg() || !holds[operand.reg]) return;
    const Definitions::Place& place = defs.places[operand.reg];
    const bool comes_first =
        place.block == block ? place.index < index : graph.Dominates(place.block, block);
    if (comes_first) operand = *holds[operand.reg];
  };
  for (BlockId block : graph.order) {
    Block& b = program.blocks[block];
    for (uint32_t i = 0; i < b.instrs.size(); i++) {
      for (Operand& operand : b.instrs[i].args) replace(operand, block, i);
    }
    replace(b.end.cond, block, UINT32_MAX);
  }
}

// Removes pure instructions whose results nobody reads.
void RemoveDead(const Module& module, Program& program) {
  bool changed = true;
  while (changed) {
    changed = false;
    std::vector<uint32_t> reads(program.regs.size(), 0);
    for (const Block& block : program.blocks) {
      for (const Instr& instr : block.instrs) {
        ForEachRead(module, instr, [&](const Operand& operand) {
          // What changes a string in place keeps nothing but itself alive.
          if (operand.is_reg() && operand.reg != instr.dst) reads[operand.reg]++;
        });
      }
      if (block.end.cond.is_reg()) reads[block.end.cond.reg]++;
    }
    const auto unread = [&](Reg reg) { return reg == kNoReg || reads[reg] == 0; };
    for (Block& block : program.blocks) {
      changed |=
          std::erase_if(block.instrs, [&](const Instr& instr) {
            return !Info(instr.op).has_side_effect && unread(instr.dst) && unread(instr.dst2);
          }) > 0;
      for (Instr& instr : block.instrs) {
        if (instr.op == Op::kGlobalAdd && unread(instr.dst)) instr.dst = kNoReg;
        if (instr.op == Op::kMapAdd && unread(instr.dst)) instr.dst = kNoReg;
      }
    }
  }
}

bool MayMove(const Program& program, const Definitions& defs, const Instr& instr) {
  const bool arithmetic = instr.op >= Op::kAdd && instr.op <= Op::kPtrToInt;
  if (!arithmetic && instr.op != Op::kArg && instr.op != Op::kLoad && instr.op != Op::kLoadStr) {
    return false;
  }
  if (!defs.single(instr.dst)) return false;
  for (const Operand& operand : instr.args) {
    if (operand.is_reg() && !defs.single(operand.reg)) return false;
  }
  return program.regs[instr.dst].type != Type::kChain;
}

// Moves computations to the one block that needs them, if it isn't in a loop, so
// that a probe whose condition is false has done nothing but test it.
void Sink(const Module& module, Program& program) {
  bool changed = true;
  for (int round = 0; changed && round < 8; round++) {
    changed = false;
    const Definitions defs(module, program);
    const Graph graph = Analyse(program);
    constexpr BlockId kMany = kNone - 1;
    std::vector<BlockId> user(program.regs.size(), kNone);
    const auto use = [&](const Operand& operand, BlockId block) {
      if (!operand.is_reg()) return;
      BlockId& slot = user[operand.reg];
      slot = slot == kNone || slot == block ? block : kMany;
    };
    for (BlockId block : graph.order) {
      for (const Instr& instr : program.blocks[block].instrs) {
        ForEachRead(module, instr, [&](const Operand& operand) { use(operand, block); });
      }
      use(program.blocks[block].end.cond, block);
    }
    for (BlockId block : graph.order) {
      auto& instrs = program.blocks[block].instrs;
      for (size_t i = instrs.size(); i-- > 0;) {
        if (instrs[i].dst == kNoReg || !MayMove(program, defs, instrs[i])) continue;
        const BlockId to = user[instrs[i].dst];
        if (to == kNone || to == kMany || to == block || graph.in_cycle[to]) continue;
        if (!graph.Dominates(block, to)) continue;
        auto& there = program.blocks[to].instrs;
        there.insert(there.begin(), std::move(instrs[i]));
        instrs.erase(instrs.begin() + static_cast<std::ptrdiff_t>(i));
        changed = true;
      }
    }
  }
}

}  // namespace

void Optimise(Module& module) {
  for (Program& program : module.programs) {
    TidyBlocks(program);
    RemoveDead(module, program);
    PropagateCopies(module, program);
    TidyBlocks(program);
    RemoveDead(module, program);
    Sink(module, program);
    TidyBlocks(program);
  }
}

}  // namespace podtap::ir
