// print, printf, println, printd and their sprint forms.
#include "lower/program.h"

namespace podtap::lower {

using lang::As;
using lang::ExprKind;
using Conversion = ir::Directive::Conversion;

namespace {

void AddLiteral(Value& text, std::string_view literal) {
  if (literal.empty()) return;
  if (!text.format.pieces.empty() && text.format.pieces.back().conversion == Conversion::kLiteral) {
    text.format.pieces.back().text += literal;
    return;
  }
  ir::Directive piece;
  piece.text = std::string(literal);
  text.format.pieces.push_back(std::move(piece));
}

Value EmptyText() {
  Value text;
  text.kind = Value::Kind::kText;
  return text;
}

// Appends `value` as the directive wants it; a plain %s takes texts apart.
void AddText(Value& text, const Value& other) {
  for (const ir::Directive& piece : other.format.pieces) {
    if (piece.conversion == Conversion::kLiteral) {
      AddLiteral(text, piece.text);
    } else {
      text.format.pieces.push_back(piece);
    }
  }
  text.args.insert(text.args.end(), other.args.begin(), other.args.end());
}

}  // namespace

Value ProgramLowering::LowerPrint(const lang::Print& print) {
  if (!print.to_string && print.args.size() == 1 && print.args[0] &&
      print.args[0]->kind == ExprKind::kHistogram) {
    PrintHistogram(As<lang::Histogram>(*print.args[0]));
    if (!print.newline) return {};
  }
  Value text = print.has_format ? FormattedText(print) : PrintText(print);
  At(print.tok);
  if (print.to_string) return text;
  if (text.format.pieces.empty()) return {};
  ir::Instr instr;
  instr.op = ir::Op::kPrint;
  instr.args = std::move(text.args);
  instr.imm = shared_.tables.AddFormat(std::move(text.format));
  build_.Emit(std::move(instr));
  return {};
}

Value ProgramLowering::PrintText(const lang::Print& print) {
  Value text = EmptyText();
  bool first = true;
  for (const lang::ExprPtr& arg : print.args) {
    if (!first && print.delimited) AddLiteral(text, print.delimiter);
    first = false;
    if (!arg || arg->kind == ExprKind::kHistogram) continue;
    const Value value = LowerExpr(*arg);
    if (value.kind == Value::Kind::kNone) continue;
    if (value.is_imm()) {
      AddLiteral(text, std::to_string(value.operand.imm));
    } else if (value.is_string()) {
      AddText(text, Concat(value, Value::String(build_.Literal(""))));
    } else {
      ir::Directive piece;
      piece.conversion = Conversion::kDecimal;
      text.format.pieces.push_back(piece);
      text.args.push_back(AsLong(value));
    }
  }
  if (print.newline) AddLiteral(text, "\n");
  return text;
}

Value ProgramLowering::FormattedText(const lang::Print& print) {
  Value text = EmptyText();
  ir::Format format;
  std::string error;
  size_t offset = 0;
  if (!ir::ParseFormat(print.format, format, error, offset)) {
    Refuse(print.format_tok, error);
    return text;
  }
  size_t next = 0;
  const auto take = [&]() -> Value {
    if (next >= print.args.size()) return Value::Imm(0);
    return LowerExpr(*print.args[next++]);
  };
  for (ir::Directive& piece : format.pieces) {
    if (piece.conversion == Conversion::kLiteral) {
      AddLiteral(text, piece.text);
      continue;
    }
    std::vector<ir::Operand> args;
    if (piece.width == ir::kFromArgument) args.push_back(AsLong(take()));
    if (piece.precision == ir::kFromArgument) args.push_back(AsLong(take()));
    const Value value = take();
    const bool plain = piece.width == -1 && piece.precision == -1;
    if (piece.conversion == Conversion::kString) {
      if (plain && value.is_string()) {
        AddText(text, Concat(value, Value::String(build_.Literal(""))));
        continue;
      }
      args.push_back(AsString(value));
    } else if (piece.conversion == Conversion::kMemory ||
               piece.conversion == Conversion::kMemoryHex) {
      // The bytes are read where the probe is; how many, the precision says.
      ir::Instr read;
      read.op = ir::Op::kReadKernelBytes;
      read.dst = build_.NewString();
      read.dst2 = build_.NewLong();
      const ir::Operand length = piece.precision == ir::kFromArgument
                                     ? args.back()
                                     : ir::Operand::I(piece.precision < 0 ? 1 : piece.precision);
      read.args = {AsLong(value), length};
      const ir::Instr& made = build_.Emit(std::move(read));
      const ir::Reg bytes = made.dst;
      FailIf(ir::Operand::R(made.dst2), "read fault [man error::fault]");
      args.push_back(ir::Operand::R(bytes));
    } else {
      args.push_back(AsLong(value));
    }
    text.format.pieces.push_back(piece);
    text.args.insert(text.args.end(), args.begin(), args.end());
  }
  return text;
}

}  // namespace podtap::lower
