// What is known of local variables on the path being lowered.
#include "lower/program.h"

namespace podtap::lower {
namespace {

bool Same(const std::optional<Value>& one, const std::optional<Value>& other) {
  if (!one || !other || one->kind != other->kind) return false;
  // Texts and places are compared by nobody: forgetting one costs little.
  if (one->kind == Value::Kind::kText || one->kind == Value::Kind::kPlace) return false;
  return one->operand == other->operand && one->type == other->type;
}

}  // namespace

void ProgramLowering::PushFrame(const lang::Function* function,
                                const std::vector<lang::Local>& locals) {
  Frame frame;
  frame.function = function;
  frame.loop_base = loops_.size();
  if (!frames_.empty()) {
    frame.in_tapset = frames_.back().in_tapset;
    frame.call_site = frames_.back().call_site;
    frame.next_block = frames_.back().next_block;
  }
  if (function != nullptr && !frame.in_tapset && build_.is_tapset(function->tok)) {
    frame.in_tapset = true;
    frame.call_site = build_.site();
  }
  for (const lang::Local& local : locals) {
    LocalState state;
    state.type = local.type == lang::Type::kString ? lang::Type::kString : lang::Type::kLong;
    state.home = state.type == lang::Type::kString ? build_.NewString() : build_.NewLong();
    state.known = Default(state.type);
    frame.locals.push_back(std::move(state));
  }
  frames_.push_back(std::move(frame));
  // A frame inside a loop starts afresh each time round.
  if (function != nullptr && !loops_.empty()) {
    for (const LocalState& state : frames_.back().locals) {
      build_.EmitMove(state.home, state.known->operand);
    }
  }
}

ProgramLowering::Knowledge ProgramLowering::Know() const {
  Knowledge knowledge;
  for (const LocalState& local : frames_.back().locals) knowledge.push_back(local.known);
  return knowledge;
}

void ProgramLowering::SetKnowledge(const Knowledge& knowledge) {
  auto& locals = frames_.back().locals;
  for (size_t i = 0; i < locals.size(); i++) locals[i].known = knowledge[i];
}

void ProgramLowering::MergeKnowledge(const Knowledge& one, bool one_reachable,
                                     const Knowledge& other, bool other_reachable) {
  if (!one_reachable) return SetKnowledge(other);
  if (!other_reachable) return SetKnowledge(one);
  auto& locals = frames_.back().locals;
  for (size_t i = 0; i < locals.size(); i++) {
    locals[i].known = Same(one[i], other[i]) ? one[i] : std::nullopt;
  }
}

void ProgramLowering::Forget(const std::set<uint32_t>& locals) {
  for (uint32_t index : locals) Local(index).known.reset();
}

void ProgramLowering::AssignLocal(uint32_t index, const Value& value) {
  LocalState& local = Local(index);
  const Value plain = Coerce(value, local.type);
  build_.EmitMove(local.home, plain.operand);
  // A place can change under us, so its address is what is remembered.
  local.known = value.kind == Value::Kind::kPlace ? plain : value;
}

Value ProgramLowering::ReadLocal(uint32_t index) {
  LocalState& local = Local(index);
  if (local.known) return *local.known;
  if (local.lazy != nullptr) {
    Value value = LowerExpr(*local.lazy);
    Local(index).known = value;
    return value;
  }
  // The home register changes; a Value must not.
  const bool is_string = local.type == lang::Type::kString;
  const ir::Reg copy = is_string ? build_.NewString() : build_.NewLong();
  build_.EmitMove(copy, ir::Operand::R(local.home));
  const Value value =
      is_string ? Value::String(ir::Operand::R(copy)) : Value::Long(ir::Operand::R(copy));
  local.known = value;
  return value;
}

}  // namespace podtap::lower
