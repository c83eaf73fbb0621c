// while, for, foreach and the ways out of them.
#include "lower/program.h"
#include "lower/walk.h"

namespace podtap::lower {

namespace {

std::set<uint32_t> AssignedInLoop(const lang::Script& script, const lang::For& loop) {
  std::set<uint32_t> assigned = AssignedLocals(script, *loop.body);
  for (const lang::Expr* part : {loop.condition.get(), loop.step.get()}) {
    if (part != nullptr) assigned.merge(AssignedLocals(script, *part));
  }
  return assigned;
}

}  // namespace

// Where the kernel's own bound on loops leads: the script ran away.
ir::BlockId ProgramLowering::LoopOverflowBlock(const lang::Token& token) {
  const ir::BlockId overflow = build_.NewBlock();
  build_.SetBlock(overflow);
  At(token);
  Fail("MAXACTION exceeded");
  return overflow;
}

void ProgramLowering::LowerFor(const lang::For& loop) {
  if (loop.init) {
    Charge(1, loop.init->tok, false);
    LowerExpr(*loop.init);
  }
  Charge(1, loop.tok, true);
  const std::set<uint32_t> assigned = AssignedInLoop(shared_.script, loop);
  Forget(assigned);
  const Knowledge at_head = Know();
  const ir::BlockId head = build_.NewBlock(), test = build_.NewBlock(), body = build_.NewBlock(),
                    step = build_.NewBlock(), end = build_.NewBlock();
  build_.Jump(head);
  const ir::BlockId overflow = LoopOverflowBlock(loop.tok);
  build_.SetBlock(head);
  build_.LoopGuard(test, overflow);
  build_.SetBlock(test);
  Charge(1, loop.tok, false);
  loops_.push_back({.break_block = end, .continue_block = step});
  if (loop.condition) {
    LowerCondition(*loop.condition, body, end);
  } else {
    build_.Jump(body);
  }
  build_.SetBlock(body);
  LowerStmt(*loop.body);
  Charge(0, loop.body->tok, true);
  build_.Jump(step);
  // `continue` may have come from anywhere in the body.
  SetKnowledge(at_head);
  build_.SetBlock(step);
  if (loop.step) LowerExpr(*loop.step);
  build_.Jump(head);
  loops_.pop_back();
  SetKnowledge(at_head);
  build_.SetBlock(end);
}

void ProgramLowering::LowerForeach(const lang::Foreach& loop) {
  if (RefusedInKernel(loop.tok, "foreach")) return;
  if (loop.histogram) {
    return Refuse(loop.tok, "podtap can't run foreach over a histogram yet");
  }
  Charge(1, loop.tok, true);
  ir::Iteration iteration;
  iteration.global = loop.reference.index;
  iteration.sort_direction = loop.sort_direction;
  iteration.sort_column = loop.sort_column;
  if (loop.sort_stat) iteration.sort_stat = static_cast<ir::StatField>(*loop.sort_stat);
  std::set<uint32_t> assigned = AssignedLocals(shared_.script, *loop.body);
  const auto home = [&](const lang::Variable& variable) {
    if (variable.reference.kind != lang::Reference::Kind::kLocal) {
      Refuse(variable.tok, "foreach needs local variables");
      return build_.NewLong();
    }
    assigned.insert(variable.reference.index);
    return Local(variable.reference.index).home;
  };
  for (const auto& key : loop.keys) iteration.key_regs.push_back(home(*key));
  if (loop.value) iteration.value_reg = home(*loop.value);
  for (const auto& only : loop.slice) {
    ir::Iteration::Filter filter;
    if (only) {
      filter.any = false;
      const bool is_string = only->type == lang::Type::kString;
      filter.value = is_string ? LowerString(*only) : LowerLong(*only);
    }
    iteration.filters.push_back(filter);
  }
  const ir::Operand limit = loop.limit ? LowerLong(*loop.limit) : ir::Operand::I(-1);
  Forget(assigned);
  const Knowledge at_head = Know();
  At(loop.tok);
  ir::Module& module = shared_.tables.module();
  module.iterations.push_back(std::move(iteration));
  const auto number = static_cast<uint32_t>(module.iterations.size() - 1);
  ir::Instr begin;
  begin.op = ir::Op::kIterBegin;
  begin.args = {limit};
  begin.imm = loop.reference.index;
  begin.aux = number;
  build_.Emit(std::move(begin));

  const ir::BlockId head = build_.NewBlock(), body = build_.NewBlock(), end = build_.NewBlock();
  build_.Jump(head);
  build_.SetBlock(head);
  Charge(1, loop.tok, false);
  ir::Instr next;
  next.op = ir::Op::kIterNext;
  next.dst = build_.NewLong();
  next.imm = loop.reference.index;
  next.aux = number;
  const ir::Reg more = build_.Emit(std::move(next)).dst;
  build_.Branch(ir::Operand::R(more), body, end);
  build_.SetBlock(body);
  loops_.push_back({.break_block = end, .continue_block = head});
  LowerStmt(*loop.body);
  Charge(0, loop.body->tok, true);
  build_.Jump(head);
  loops_.pop_back();
  SetKnowledge(at_head);
  build_.SetBlock(end);
}

void ProgramLowering::LowerLoopExit(const lang::Stmt& stmt, bool is_break) {
  Charge(1, stmt.tok, true);
  if (loops_.size() <= frames_.back().loop_base) return;  // the checker said so already
  build_.Jump(is_break ? loops_.back().break_block : loops_.back().continue_block);
}

}  // namespace podtap::lower
