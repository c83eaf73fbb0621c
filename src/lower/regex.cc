// Regular expressions: =~, !~, and what matched() and ngroups() tell of the last one.

#include "lower/program.h"

namespace podtap::lower {

using ir::Op;
using ir::Operand;

// A literal pattern that is compiled here, once.
Value ProgramLowering::LowerRegex(const lang::Regex& regex) {
  const Operand text = LowerString(*regex.text);
  const auto made = shared_.tables.Regex(regex.pattern, shared_.keeps_matches);
  if (!made) {
    Refuse(regex.tok, "regular expression '" + regex.pattern + "': " + made.error().what +
                          " (at byte " + std::to_string(made.error().offset + 1) + ")");
    return Value::Imm(0);
  }
  At(regex.tok);
  const Op op = shared_.keeps_matches ? Op::kRegexMatch : Op::kRegexTest;
  const Value found = Value::Long(Operand::R(build_.EmitLong(op, {text}, *made)));
  return regex.negated ? Arithmetic(lang::BinaryOp::kEq, found, Value::Imm(0)) : found;
}

// What another hit found is nothing to this one.
void ProgramLowering::ForgetMatch() {
  if (!shared_.keeps_matches) return;
  ir::Instr instr;
  instr.op = Op::kRegexForget;
  build_.Emit(std::move(instr));
}

Value ProgramLowering::MatchedGroup(const Value& group) {
  ir::Instr instr;
  instr.op = Op::kRegexGroup;
  instr.dst = build_.NewString();
  instr.dst2 = build_.NewLong();
  instr.args = {AsLong(group)};
  const ir::Instr& made = build_.Emit(std::move(instr));
  const ir::Reg text = made.dst;
  const Operand fault = Operand::R(made.dst2);
  FailIf(Operand::R(build_.EmitLong(Op::kEq, {fault, Operand::I(1)})),
         "matched(): the last =~ found nothing");
  FailIf(fault, "matched(): the regular expression has no such group");
  return Value::String(Operand::R(text));
}

Value ProgramLowering::MatchedGroups() {
  const Operand groups = Operand::R(build_.EmitLong(Op::kRegexGroups, {}));
  FailIf(Operand::R(build_.EmitLong(Op::kLt, {groups, Operand::I(0)})),
         "ngroups(): the last =~ found nothing");
  return Value::Long(groups);
}

}  // namespace podtap::lower
