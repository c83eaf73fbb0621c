// Statements but for loops.
#include "lower/program.h"
#include "lower/walk.h"

namespace podtap::lower {

using lang::As;
using lang::ExprKind;
using lang::StmtKind;

void ProgramLowering::LowerStmt(const lang::Stmt& stmt) {
  switch (stmt.kind) {
    case StmtKind::kBlock:
      for (const lang::StmtPtr& child : As<lang::Block>(stmt).statements) {
        if (child) LowerStmt(*child);
      }
      return;
    case StmtKind::kExpr:
      return LowerExprStmt(As<lang::ExprStmt>(stmt));
    case StmtKind::kIf:
      return LowerIf(As<lang::If>(stmt));
    case StmtKind::kFor:
      return LowerFor(As<lang::For>(stmt));
    case StmtKind::kForeach:
      return LowerForeach(As<lang::Foreach>(stmt));
    case StmtKind::kReturn:
      return LowerReturn(As<lang::Return>(stmt));
    case StmtKind::kDelete:
      return LowerDelete(As<lang::Delete>(stmt));
    case StmtKind::kNext:
      return LowerNext(As<lang::Next>(stmt));
    case StmtKind::kBreak:
      return LowerLoopExit(stmt, true);
    case StmtKind::kContinue:
      return LowerLoopExit(stmt, false);
    case StmtKind::kTry:
      return LowerTry(As<lang::Try>(stmt));
    case StmtKind::kEvent:
      return LowerEvent(As<lang::EventStmt>(stmt));
    case StmtKind::kEmbedded:
      return Refuse(stmt.tok, "embedded C can't run: podtap compiles to eBPF");
    case StmtKind::kNull:
      return;
  }
}

void ProgramLowering::LowerExprStmt(const lang::ExprStmt& stmt) {
  Charge(1, stmt.tok, false);
  const lang::Expr& expr = *stmt.value;
  if (expr.kind == ExprKind::kAssign) {
    LowerAssign(As<lang::Assign>(expr), false);
  } else if (expr.kind == ExprKind::kIncrement) {
    LowerIncrement(As<lang::Increment>(expr), false);
  } else {
    LowerExpr(expr);
  }
}

void ProgramLowering::LowerIf(const lang::If& stmt) {
  Charge(1, stmt.tok, true);
  if (const auto constant = Constant(*stmt.condition)) {
    if (*constant != 0) {
      LowerStmt(*stmt.then_branch);
    } else if (stmt.else_branch) {
      LowerStmt(*stmt.else_branch);
    }
    return;
  }
  const ir::BlockId yes = build_.NewBlock(), no = build_.NewBlock(), end = build_.NewBlock();
  LowerCondition(*stmt.condition, yes, no);
  const Knowledge before = Know();
  build_.SetBlock(yes);
  LowerStmt(*stmt.then_branch);
  const bool then_ends = build_.reachable();
  build_.Jump(end);
  const Knowledge after_then = Know();
  SetKnowledge(before);
  build_.SetBlock(no);
  if (stmt.else_branch) LowerStmt(*stmt.else_branch);
  const bool else_ends = build_.reachable();
  build_.Jump(end);
  MergeKnowledge(after_then, then_ends, Know(), else_ends);
  build_.SetBlock(end);
}

void ProgramLowering::LowerReturn(const lang::Return& stmt) {
  Charge(1, stmt.tok, true);
  Frame& frame = frames_.back();
  if (frame.function == nullptr) return build_.Jump(frame.next_block);
  if (stmt.value && frame.result != ir::kNoReg) {
    const Value value = LowerExpr(*stmt.value);
    Frame& current = frames_.back();  // lowering may have moved it
    if (current.tail_return) {
      current.known_result = value;
      return;
    }
    build_.EmitMove(current.result, Coerce(value, current.result_type).operand);
  }
  if (!frames_.back().tail_return) build_.Jump(frames_.back().return_block);
}

void ProgramLowering::LowerDelete(const lang::Delete& stmt) {
  Charge(1, stmt.tok, false);
  const lang::Expr& target = *stmt.target;
  ir::Instr instr;
  if (target.kind == ExprKind::kIndex) {
    const auto& index = As<lang::Index>(target);
    if (IsSlice(index.indexes)) {
      if (NeedForEach(stmt.tok, "deleting an array slice ([*])")) return;
      instr = SliceInstr(ir::Op::kMapClearSome, index.reference.index, index.indexes);
    } else {
      instr.op = ir::Op::kMapDelete;
      instr.args = LowerKeys(index.indexes, index.reference.index);
      instr.imm = index.reference.index;
    }
    At(stmt.tok);
    build_.Emit(std::move(instr));
    return;
  }
  const lang::Reference& reference = As<lang::Variable>(target).reference;
  if (reference.kind == lang::Reference::Kind::kLocal) {
    return AssignLocal(reference.index, Default(Local(reference.index).type));
  }
  const lang::Global& global = *shared_.script.globals[reference.index];
  At(stmt.tok);
  if (!global.is_array() && global.type != lang::Type::kStats) {
    return StoreGlobal(reference.index, Default(global.type));
  }
  if (global.is_array() && NeedForEach(stmt.tok, "deleting a whole array")) return;
  instr.op = ir::Op::kMapClear;
  instr.imm = reference.index;
  build_.Emit(std::move(instr));
}

void ProgramLowering::LowerNext(const lang::Next& stmt) {
  Charge(1, stmt.tok, false);
  build_.Jump(frames_.back().next_block);
}

void ProgramLowering::LowerTry(const lang::Try& stmt) {
  Charge(1, stmt.tok, true);
  const ir::BlockId handler = build_.NewBlock(), end = build_.NewBlock();
  const Handler entry{.block = handler, .message = stmt.message ? build_.NewString() : ir::kNoReg};
  Knowledge at_handler = Know();
  for (uint32_t index : AssignedLocals(shared_.script, *stmt.body)) at_handler[index].reset();

  handlers_.push_back(entry);
  LowerStmt(*stmt.body);
  handlers_.pop_back();
  const bool body_ends = build_.reachable();
  build_.Jump(end);
  const Knowledge after_body = Know();
  SetKnowledge(at_handler);
  build_.SetBlock(handler);
  if (stmt.message) {
    const Value message = Value::String(ir::Operand::R(entry.message));
    const lang::Reference& reference = stmt.message->reference;
    if (reference.kind == lang::Reference::Kind::kGlobal) {
      StoreGlobal(reference.index, message);
    } else {
      AssignLocal(reference.index, message);
    }
  }
  if (stmt.handler) LowerStmt(*stmt.handler);
  const bool handler_ends = build_.reachable();
  build_.Jump(end);
  MergeKnowledge(after_body, body_ends, Know(), handler_ends);
  build_.SetBlock(end);
}

void ProgramLowering::LowerEvent(const lang::EventStmt& stmt) {
  Charge(1, stmt.tok, false);
  ir::EventType type;
  type.name = stmt.name;
  ir::Instr instr;
  instr.op = ir::Op::kEvent;
  for (const lang::EventStmt::Field& field : stmt.fields) {
    const bool is_string = field.value->type == lang::Type::kString;
    const Value value = LowerExpr(*field.value);
    // A lone ancestry travels raw, as it does in printf.
    const bool chain = value.kind == Value::Kind::kText && value.format.pieces.size() == 1 &&
                       value.format.pieces[0].conversion == ir::Directive::Conversion::kChainTimes;
    type.fields.push_back(
        {field.name, chain ? ir::Type::kChain : (is_string ? ir::Type::kStr : ir::Type::kI64)});
    instr.args.push_back(chain ? value.args[0] : (is_string ? AsString(value) : AsLong(value)));
  }
  At(stmt.tok);
  ir::Module& module = shared_.tables.module();
  module.events.push_back(std::move(type));
  instr.imm = static_cast<int64_t>(module.events.size() - 1);
  build_.Emit(std::move(instr));
}

}  // namespace podtap::lower
