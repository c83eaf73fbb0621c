#include "ir/graph.h"

#include <algorithm>

namespace podtap::ir {
namespace {

bool ChangesInPlace(Op op) { return op == Op::kStrSetByte || op == Op::kStrAppend; }

// Post-order without recursion: a program may have many thousand blocks.
std::vector<BlockId> PostOrder(const Program& program, std::vector<bool>& reachable) {
  std::vector<BlockId> order;
  struct Frame {
    BlockId block;
    std::vector<BlockId> next;
    size_t at = 0;
  };
  std::vector<Frame> stack;
  const auto enter = [&](BlockId block) {
    reachable[block] = true;
    std::vector<BlockId> next = Successors(program.blocks[block].end);
    std::reverse(next.begin(), next.end());  // so that then_block comes first in the order
    stack.push_back({block, std::move(next)});
  };
  if (!program.blocks.empty()) enter(0);
  while (!stack.empty()) {
    Frame& top = stack.back();
    if (top.at < top.next.size()) {
      const BlockId next = top.next[top.at++];
      if (!reachable[next]) enter(next);
    } else {
      order.push_back(top.block);
      stack.pop_back();
    }
  }
  return order;
}

// Cooper, Harvey and Kennedy, "A Simple, Fast Dominance Algorithm" (2001).
void FindDominators(const Program& program, Graph& graph) {
  std::vector<std::vector<BlockId>> predecessors(program.blocks.size());
  for (BlockId block : graph.order) {
    for (BlockId next : Successors(program.blocks[block].end)) predecessors[next].push_back(block);
  }
  auto& idom = graph.immediate_dominator;
  idom.assign(program.blocks.size(), kNone);
  if (graph.order.empty()) return;
  idom[graph.order[0]] = graph.order[0];
  bool changed = true;
  while (changed) {
    changed = false;
    for (size_t i = 1; i < graph.order.size(); i++) {
      const BlockId block = graph.order[i];
      BlockId best = kNone;
      for (BlockId pred : predecessors[block]) {
        if (idom[pred] == kNone) continue;
        if (best == kNone) {
          best = pred;
          continue;
        }
        BlockId a = pred, b = best;
        while (a != b) {
          while (graph.position[a] > graph.position[b]) a = idom[a];
          while (graph.position[b] > graph.position[a]) b = idom[b];
        }
        best = a;
      }
      if (idom[block] != best) {
        idom[block] = best;
        changed = true;
      }
    }
  }
}

// A loop is what reaches the source of a backward edge without passing its target.
void FindCycles(const Program& program, Graph& graph) {
  graph.in_cycle.assign(program.blocks.size(), false);
  std::vector<std::vector<BlockId>> predecessors(program.blocks.size());
  for (BlockId block : graph.order) {
    for (BlockId next : Successors(program.blocks[block].end)) predecessors[next].push_back(block);
  }
  for (BlockId source : graph.order) {
    for (BlockId head : Successors(program.blocks[source].end)) {
      if (graph.position[head] > graph.position[source]) continue;
      std::vector<bool> seen(program.blocks.size(), false);
      std::vector<BlockId> pending = {source};
      seen[head] = true;
      graph.in_cycle[head] = true;
      while (!pending.empty()) {
        const BlockId block = pending.back();
        pending.pop_back();
        if (seen[block]) continue;
        seen[block] = true;
        graph.in_cycle[block] = true;
        for (BlockId before : predecessors[block]) pending.push_back(before);
      }
    }
  }
}

}  // namespace

void ForEachRead(const Module& module, const Instr& instr,
                 const std::function<void(const Operand&)>& visit) {
  for (const Operand& operand : instr.args) visit(operand);
  if (ChangesInPlace(instr.op)) visit(Operand::R(instr.dst));
  if (instr.op == Op::kStrAppend && instr.dst2 != kNoReg) visit(Operand::R(instr.dst2));
  const bool filters =
      instr.op == Op::kIterBegin || instr.op == Op::kMapClearSome || instr.op == Op::kMapHasSome;
  if (filters) {
    for (const Iteration::Filter& filter : module.iterations[instr.aux].filters) {
      if (!filter.any) visit(filter.value);
    }
  }
}

void ForEachWrite(const Module& module, const Instr& instr, const std::function<void(Reg)>& visit) {
  if (instr.dst != kNoReg) visit(instr.dst);
  if (instr.dst2 != kNoReg) visit(instr.dst2);
  if (instr.op == Op::kIterNext) {
    for (Reg reg : module.iterations[instr.aux].key_regs) visit(reg);
    const Reg value = module.iterations[instr.aux].value_reg;
    if (value != kNoReg) visit(value);
  }
}

std::vector<BlockId> Successors(const Terminator& end) {
  switch (end.kind) {
    case Terminator::Kind::kReturn:
      return {};
    case Terminator::Kind::kJump:
      return {end.then_block};
    default:
      return {end.then_block, end.else_block};
  }
}

bool Graph::Dominates(BlockId one, BlockId other) const {
  while (position[other] > position[one]) other = immediate_dominator[other];
  return one == other;
}

Graph Analyse(const Program& program) {
  Graph graph;
  graph.reachable.assign(program.blocks.size(), false);
  graph.order = PostOrder(program, graph.reachable);
  std::reverse(graph.order.begin(), graph.order.end());
  graph.position.assign(program.blocks.size(), kNone);
  for (uint32_t i = 0; i < graph.order.size(); i++) graph.position[graph.order[i]] = i;
  FindDominators(program, graph);
  FindCycles(program, graph);
  return graph;
}

}  // namespace podtap::ir
