// Calls: every function is inlined where it is called.
#include "lower/program.h"
#include "lower/walk.h"

namespace podtap::lower {

using lang::As;
using lang::StmtKind;

namespace {

// Enough for real scripts; a recursion that branches would double it each level.
constexpr size_t kMaxInstructions = 200'000;

// Whether the only return is the last statement of the body, so that its value
// can be handed on without a register or a jump.
bool EndsInOnlyReturn(const lang::Stmt& body) {
  int returns = 0;
  Walk(body, {}, [&](const lang::Stmt& stmt) { returns += stmt.kind == StmtKind::kReturn; });
  const lang::Stmt* last = &body;
  while (last->kind == StmtKind::kBlock && !As<lang::Block>(*last).statements.empty()) {
    last = As<lang::Block>(*last).statements.back().get();
  }
  return returns == 1 && last->kind == StmtKind::kReturn;
}

bool HasNext(const lang::Stmt& body) {
  bool found = false;
  Walk(body, {}, [&](const lang::Stmt& stmt) { found |= stmt.kind == StmtKind::kNext; });
  return found;
}

}  // namespace

Value ProgramLowering::LowerCall(const lang::Call& call) {
  std::vector<Value> args;
  const lang::Function* first =
      call.functions.empty() ? nullptr : shared_.script.functions[call.functions[0]];
  if (first == nullptr) return Default(call.type);
  const bool in_place = first->embedded == "str.set";
  for (size_t i = 0; i < call.args.size(); i++) {
    args.push_back(in_place && i == 0 ? Value{} : LowerExpr(*call.args[i]));
  }
  At(call.tok);
  if (first->has_embedded_body) return LowerIntrinsic(*first, call, args);
  if (call.functions.size() == 1) return Inline(*first, call, args, frames_.back().next_block);

  // Overloads: `next` in one leads to the one after it.
  const bool is_string = call.type == lang::Type::kString;
  const ir::Reg result = is_string ? build_.NewString() : build_.NewLong();
  const ir::BlockId end = build_.NewBlock();
  for (size_t i = 0; i < call.functions.size(); i++) {
    const lang::Function& function = *shared_.script.functions[call.functions[i]];
    const bool last = i + 1 == call.functions.size();
    const ir::BlockId next = last ? frames_.back().next_block : build_.NewBlock();
    const Value value = Inline(function, call, args, next);
    if (value.kind != Value::Kind::kNone) {
      build_.EmitMove(result,
                      Coerce(value, is_string ? lang::Type::kString : lang::Type::kLong).operand);
    }
    build_.Jump(end);
    if (!last) build_.SetBlock(next);
    if (!function.body || !HasNext(*function.body)) break;
  }
  build_.SetBlock(end);
  if (call.type == lang::Type::kUnknown) return {};
  const ir::Operand operand = ir::Operand::R(result);
  return is_string ? Value::String(operand) : Value::Long(operand);
}

Value ProgramLowering::Inline(const lang::Function& function, const lang::Call& call,
                              const std::vector<Value>& args, ir::BlockId next_block) {
  uint32_t depth = 0;
  for (const Frame& frame : frames_) depth += frame.function == &function;
  if (depth >= shared_.options.limits.max_nesting) {
    Fail("MAXNESTING exceeded");
    return Default(function.result);
  }
  if (build_.instruction_count() > kMaxInstructions) {
    if (!too_large_) {
      Refuse(call.tok, "function '" + function.name +
                           "' makes the program too large: it is "
                           "recursive or used too often, and podtap inlines every call");
    }
    too_large_ = true;
    return Default(function.result);
  }
  PushFrame(&function, function.locals);
  const ir::BlockId return_block = build_.NewBlock();
  const bool returns =
      function.result == lang::Type::kLong || function.result == lang::Type::kString;
  {
    Frame& frame = frames_.back();
    frame.result_type = function.result;
    frame.next_block = next_block;
    frame.return_block = return_block;
    frame.tail_return = function.body && EndsInOnlyReturn(*function.body);
    if (returns) {
      frame.result = function.result == lang::Type::kString ? build_.NewString() : build_.NewLong();
    }
  }
  if (returns && !frames_.back().tail_return) {
    build_.EmitMove(frames_.back().result, Default(function.result).operand);
  }
  for (size_t i = 0; i < args.size() && i < function.parameter_count; i++) {
    AssignLocal(static_cast<uint32_t>(i), args[i]);
  }
  if (function.body) LowerStmt(*function.body);
  const Frame done = std::move(frames_.back());
  frames_.pop_back();
  if (done.tail_return) {
    if (!returns || !done.known_result) return Default(function.result);
    return *done.known_result;
  }
  build_.Jump(return_block);
  build_.SetBlock(return_block);
  if (!returns) return {};
  // The result register belongs to this call, so it is as good as a temporary.
  const ir::Operand operand = ir::Operand::R(done.result);
  return function.result == lang::Type::kString ? Value::String(operand) : Value::Long(operand);
}

}  // namespace podtap::lower
