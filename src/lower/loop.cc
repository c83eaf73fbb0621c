// while, for, foreach and the ways out of them.
#include <algorithm>

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

// The kernel walks over a hash table for a program since 5.13.
bool ProgramLowering::NeedForEach(const lang::Token& token, std::string_view what) {
  return RefusedWithout(shared_.kernel.features().for_each_element, token, what, "Linux 5.13");
}

// One filter a key; none where nothing is chosen.
std::vector<ir::Iteration::Filter> ProgramLowering::LowerSlice(
    const std::vector<lang::ExprPtr>& slice) {
  std::vector<ir::Iteration::Filter> filters;
  for (const lang::ExprPtr& key : slice) {
    ir::Iteration::Filter filter;
    if (key) {
      filter.any = false;
      filter.value = key->type == lang::Type::kString ? LowerString(*key) : LowerLong(*key);
    }
    filters.push_back(filter);
  }
  return filters;
}

uint32_t ProgramLowering::AddIteration(ir::Iteration iteration) {
  std::vector<ir::Iteration>& iterations = shared_.tables.module().iterations;
  iterations.push_back(std::move(iteration));
  return static_cast<uint32_t>(iterations.size() - 1);
}

// An operation on the elements that a slice chooses.
ir::Instr ProgramLowering::SliceInstr(ir::Op op, uint32_t global,
                                      const std::vector<lang::ExprPtr>& slice) {
  ir::Iteration iteration;
  iteration.global = global;
  iteration.filters = LowerSlice(slice);
  ir::Instr instr;
  instr.op = op;
  instr.imm = global;
  instr.aux = AddIteration(std::move(iteration));
  return instr;
}

bool ProgramLowering::IsSlice(const std::vector<lang::ExprPtr>& indexes) {
  return std::any_of(indexes.begin(), indexes.end(), [](const auto& index) { return !index; });
}

void ProgramLowering::LowerForeach(const lang::Foreach& loop) {
  if (loop.histogram) {
    return Refuse(loop.tok, "podtap can't run foreach over a histogram yet");
  }
  if (loop.sort_direction != 0 && RefusedInKernel(loop.tok, "a sorted foreach")) return;
  if (NeedForEach(loop.tok, "foreach")) return;
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
  iteration.filters = LowerSlice(loop.slice);
  const ir::Limits& limits = shared_.options.limits;
  iteration.most = (kernel_side_ ? limits.max_action : limits.max_action_user) + 1;
  const ir::Operand limit = loop.limit ? LowerLong(*loop.limit) : ir::Operand::I(-1);
  Forget(assigned);
  const Knowledge at_head = Know();
  At(loop.tok);
  const uint32_t number = AddIteration(std::move(iteration));
  ir::Instr begin;
  begin.op = ir::Op::kIterBegin;
  begin.args = {limit};
  begin.imm = loop.reference.index;
  begin.aux = number;
  build_.Emit(std::move(begin));

  const ir::BlockId head = build_.NewBlock(), test = build_.NewBlock(), body = build_.NewBlock(),
                    end = build_.NewBlock();
  build_.Jump(head);
  const ir::BlockId overflow = LoopOverflowBlock(loop.tok);
  build_.SetBlock(head);
  build_.LoopGuard(test, overflow);
  build_.SetBlock(test);
  // In the kernel also an element that is gone counts, so that the verifier of a
  // kernel without may_goto sees an end.
  Charge(1, loop.tok, kernel_side_);
  ir::Instr next;
  next.op = ir::Op::kIterNext;
  next.dst = build_.NewLong();
  next.dst2 = build_.NewLong();
  next.imm = loop.reference.index;
  next.aux = number;
  const ir::Instr& made = build_.Emit(std::move(next));
  const ir::Reg more = made.dst, here = made.dst2;
  const ir::BlockId given = build_.NewBlock();
  build_.Branch(ir::Operand::R(more), given, end);
  build_.SetBlock(given);
  build_.Branch(ir::Operand::R(here), body, head);
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
