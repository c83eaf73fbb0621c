#include "bpf/flow.h"

#include <algorithm>

#include "bpf/bit_set.h"
#include "bpf/refusal.h"
#include "ir/graph.h"

namespace podtap::bpf {
namespace {

using ir::BlockId;
using ir::Op;
using ir::Reg;

// A bound on what the analysis may take: registers x blocks, in bits.
constexpr uint64_t kMaxBits = uint64_t{1} << 30;
constexpr size_t kMaxInstrs = 200000;

using Set = BitSet;

void Successors(const ir::Terminator& end, const std::function<void(BlockId)>& visit) {
  using Kind = ir::Terminator::Kind;
  if (end.kind == Kind::kReturn) return;
  visit(end.then_block);
  if (end.kind != Kind::kJump) visit(end.else_block);
}

class Analysis {
 public:
  Analysis(const ir::Module& module, const ir::Program& program)
      : module_(module),
        program_(program),
        regs_(program.regs.size()),
        blocks_(program.blocks.size()) {}

  Result<Flow> Run() {
    size_t instrs = 0;
    for (const ir::Block& block : program_.blocks) instrs += block.instrs.size();
    if (uint64_t{regs_} * blocks_ > kMaxBits || instrs > kMaxInstrs) {
      return Unsupported("it's too long for one eBPF program");
    }
    Solve();
    Collect();
    FindOpaque();
    FindRaw();
    return std::move(flow_);
  }

 private:
  void Solve() {
    live_in_.assign(blocks_, Set(regs_));
    live_out_.assign(blocks_, Set(regs_));
    bool changed = true;
    while (changed) {
      changed = false;
      for (size_t i = blocks_; i-- > 0;) {
        const ir::Block& block = program_.blocks[i];
        Successors(block.end, [&](BlockId to) { live_out_[i].Unite(live_in_[to]); });
        Set live = live_out_[i];
        if (block.end.cond.is_reg()) live.Add(block.end.cond.reg);
        for (size_t k = block.instrs.size(); k-- > 0;) Step(block.instrs[k], live);
        if (live_in_[i].Unite(live)) changed = true;
      }
    }
  }

  void Step(const ir::Instr& instr, Set& live) const {
    ForEachDef(module_, instr, [&](Reg reg) { live.Remove(reg); });
    ForEachUse(module_, instr, [&](Reg reg) { live.Add(reg); });
  }

  void Cover(const Set& live, uint32_t at) {
    live.ForEach([&](size_t reg) { flow_.intervals[reg].Cover(at); });
  }

  void Collect() {
    flow_.intervals.resize(regs_);
    flow_.live_at_entry.assign(regs_, false);
    if (blocks_ > 0) live_in_[0].ForEach([&](size_t reg) { flow_.live_at_entry[reg] = true; });
    flow_.dst_live.resize(blocks_);
    flow_.dst_beyond.resize(blocks_);
    uint32_t at = 0;
    if (blocks_ > 0) Cover(live_in_[0], 0);
    for (size_t i = 0; i < blocks_; i++) {
      const ir::Block& block = program_.blocks[i];
      const auto count = static_cast<uint32_t>(block.instrs.size());
      Cover(live_in_[i], at);
      Cover(live_out_[i], at + count + 1);
      if (block.end.cond.is_reg()) flow_.intervals[block.end.cond.reg].Cover(at + count);
      flow_.dst_live[i].assign(count, false);
      flow_.dst_beyond[i].assign(count, false);
      Set live = live_out_[i];    // after the instruction that the loop is at
      Set beyond = live_out_[i];  // after the one behind it
      if (block.end.cond.is_reg()) live.Add(block.end.cond.reg);
      for (uint32_t k = count; k-- > 0;) {
        const ir::Instr& instr = block.instrs[k];
        if (instr.dst != ir::kNoReg) {
          flow_.dst_live[i][k] = live.Has(instr.dst);
          flow_.dst_beyond[i][k] = beyond.Has(instr.dst);
        }
        ForEachUse(module_, instr, [&](Reg reg) { flow_.intervals[reg].Cover(at + k); });
        ForEachDef(module_, instr, [&](Reg reg) { flow_.intervals[reg].Cover(at + k); });
        beyond = live;
        Step(instr, live);
      }
      at += count + 2;
    }
  }

  // What a loop changes must look unknown to the verifier, or it follows every
  // round: such registers live in memory that it doesn't track.
  void FindOpaque() {
    flow_.opaque.assign(regs_, false);
    std::vector<uint32_t> defs(regs_, 0);
    for (const ir::Block& block : program_.blocks) {
      for (const ir::Instr& instr : block.instrs) {
        ForEachDef(module_, instr, [&](Reg reg) { defs[reg]++; });
      }
    }
    for (size_t i = 0; i < blocks_; i++) {
      if (program_.blocks[i].end.kind != ir::Terminator::Kind::kLoopGuard) continue;
      for (Reg reg = 0; reg < regs_; reg++) {
        if (!live_in_[i].Has(reg) || program_.regs[reg].type != ir::Type::kI64) continue;
        if (defs[reg] > 1 || (defs[reg] == 1 && flow_.live_at_entry[reg])) flow_.opaque[reg] = true;
      }
    }
  }

  void FindRaw() {
    flow_.raw.assign(regs_, false);
    bool changed = true;
    while (changed) {
      changed = false;
      for (const ir::Block& block : program_.blocks) {
        for (const ir::Instr& instr : block.instrs) {
          const bool moved =
              instr.op == Op::kMove && instr.args[0].is_reg() && flow_.raw[instr.args[0].reg];
          if ((moved || instr.op == Op::kReadKernelBytes) && !flow_.raw[instr.dst]) {
            flow_.raw[instr.dst] = true;
            changed = true;
          }
        }
      }
    }
  }

  const ir::Module& module_;
  const ir::Program& program_;
  const size_t regs_;
  const size_t blocks_;
  std::vector<Set> live_in_, live_out_;
  Flow flow_;
};

}  // namespace

void Interval::Cover(uint32_t at) {
  begin = std::min(begin, at);
  end = std::max(end, at);
}

void ForEachUse(const ir::Module& module, const ir::Instr& instr,
                const std::function<void(Reg)>& visit) {
  ir::ForEachRead(module, instr, [&](const ir::Operand& operand) {
    if (operand.is_reg() && operand.reg != ir::kNoReg) visit(operand.reg);
  });
  if (instr.op == Op::kIterNext) {
    ir::ForEachWrite(module, instr, [&](Reg reg) {
      if (reg != instr.dst) visit(reg);
    });
  }
}

void ForEachDef(const ir::Module& module, const ir::Instr& instr,
                const std::function<void(Reg)>& visit) {
  ir::ForEachWrite(module, instr, visit);
}

Result<Flow> Analyse(const ir::Module& module, const ir::Program& program) {
  return Analysis(module, program).Run();
}

}  // namespace podtap::bpf
