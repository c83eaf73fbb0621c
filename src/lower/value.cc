// Values into operands.
#include "lower/program.h"

namespace podtap::lower {
namespace {

bool IsChain(const ir::Directive& piece) {
  return piece.conversion == ir::Directive::Conversion::kChain ||
         piece.conversion == ir::Directive::Conversion::kChainTimes;
}

}  // namespace

ir::Operand ProgramLowering::AsLong(const Value& value) {
  switch (value.kind) {
    case Value::Kind::kLong:
      return value.operand;
    case Value::Kind::kPointer:
      return ir::Operand::R(build_.EmitLong(ir::Op::kPtrToInt, {value.operand}));
    case Value::Kind::kPlace: {
      const ir::Operand base =
          build_.program().regs[value.operand.reg].type == ir::Type::kPtr
              ? ir::Operand::R(build_.EmitLong(ir::Op::kPtrToInt, {value.operand}))
              : value.operand;
      if (value.offset == 0) return base;
      return ir::Operand::R(build_.EmitLong(ir::Op::kAdd, {base, ir::Operand::I(value.offset)}));
    }
    default:
      return ir::Operand::I(0);
  }
}

ir::Operand ProgramLowering::AsString(const Value& value) {
  if (value.kind == Value::Kind::kString) return value.operand;
  if (value.kind != Value::Kind::kText) return build_.Literal("");
  const auto make = [&](ir::Op op, std::vector<ir::Operand> args, int64_t imm) {
    ir::Instr instr;
    instr.op = op;
    instr.dst = build_.NewString();
    instr.args = std::move(args);
    instr.imm = imm;
    return ir::Operand::R(build_.Emit(std::move(instr)).dst);
  };
  // Chains and table entries are made into text first, each by its own instruction.
  ir::Format format = value.format;
  std::vector<ir::Operand> args = value.args;
  size_t next = 0;
  for (ir::Directive& piece : format.pieces) {
    if (piece.conversion == ir::Directive::Conversion::kLiteral) continue;
    if (piece.width == ir::kFromArgument) next++;
    if (piece.precision == ir::kFromArgument) next++;
    if (piece.conversion == ir::Directive::Conversion::kTable) {
      args[next] = make(ir::Op::kStrTable, {args[next]}, piece.table_index);
      piece.conversion = ir::Directive::Conversion::kString;
      piece.table.reset();
    }
    if (IsChain(piece)) {
      const bool times = piece.conversion == ir::Directive::Conversion::kChainTimes;
      args[next] = make(ir::Op::kChainText, {args[next]}, times ? 1 : 0);
      piece.conversion = ir::Directive::Conversion::kString;
    }
    next++;
  }
  const bool whole = format.pieces.size() == 1 && args.size() == 1 &&
                     format.pieces[0].conversion == ir::Directive::Conversion::kString &&
                     format.pieces[0].width < 0 && format.pieces[0].precision < 0;
  if (whole) return args[0];
  return make(ir::Op::kFormat, std::move(args), shared_.tables.AddFormat(std::move(format)));
}

Value ProgramLowering::Coerce(const Value& value, lang::Type type) {
  if (type == lang::Type::kString) return Value::String(AsString(value));
  return Value::Long(AsLong(value));
}

Value ProgramLowering::Default(lang::Type type) {
  if (type == lang::Type::kString) return Value::String(build_.Literal(""));
  return Value::Imm(0);
}

}  // namespace podtap::lower
