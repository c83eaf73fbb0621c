// Expressions: the dispatch, operators and control flow inside them.
#include <array>

#include "lower/program.h"

namespace podtap::lower {

using lang::As;
using lang::BinaryOp;
using lang::ExprKind;

namespace {

// SystemTap's arithmetic: 64 bits, signed, wrapping.
struct LongOp {
  BinaryOp from;
  ir::Op to;
  int64_t (*fold)(int64_t, int64_t);
};
int64_t Wrap(uint64_t v) { return static_cast<int64_t>(v); }
uint64_t U(int64_t v) { return static_cast<uint64_t>(v); }

constexpr LongOp kLongOps[] = {
    {BinaryOp::kAdd, ir::Op::kAdd, [](int64_t a, int64_t b) { return Wrap(U(a) + U(b)); }},
    {BinaryOp::kSub, ir::Op::kSub, [](int64_t a, int64_t b) { return Wrap(U(a) - U(b)); }},
    {BinaryOp::kMul, ir::Op::kMul, [](int64_t a, int64_t b) { return Wrap(U(a) * U(b)); }},
    {BinaryOp::kDiv, ir::Op::kDiv,
     [](int64_t a, int64_t b) { return b == -1 ? Wrap(0 - U(a)) : a / b; }},
    {BinaryOp::kMod, ir::Op::kMod, [](int64_t a, int64_t b) { return b == -1 ? 0 : a % b; }},
    {BinaryOp::kShl, ir::Op::kShl, [](int64_t a, int64_t b) { return Wrap(U(a) << (U(b) & 63)); }},
    {BinaryOp::kShr, ir::Op::kShr, [](int64_t a, int64_t b) { return a >> (U(b) & 63); }},
    {BinaryOp::kShrLogical, ir::Op::kShrLogical,
     [](int64_t a, int64_t b) { return Wrap(U(a) >> (U(b) & 63)); }},
    {BinaryOp::kAnd, ir::Op::kAnd, [](int64_t a, int64_t b) { return a & b; }},
    {BinaryOp::kOr, ir::Op::kOr, [](int64_t a, int64_t b) { return a | b; }},
    {BinaryOp::kXor, ir::Op::kXor, [](int64_t a, int64_t b) { return a ^ b; }},
    {BinaryOp::kEq, ir::Op::kEq, [](int64_t a, int64_t b) -> int64_t { return a == b; }},
    {BinaryOp::kNe, ir::Op::kNe, [](int64_t a, int64_t b) -> int64_t { return a != b; }},
    {BinaryOp::kLt, ir::Op::kLt, [](int64_t a, int64_t b) -> int64_t { return a < b; }},
    {BinaryOp::kLe, ir::Op::kLe, [](int64_t a, int64_t b) -> int64_t { return a <= b; }},
    {BinaryOp::kGt, ir::Op::kGt, [](int64_t a, int64_t b) -> int64_t { return a > b; }},
    {BinaryOp::kGe, ir::Op::kGe, [](int64_t a, int64_t b) -> int64_t { return a >= b; }},
};

const LongOp& FindLongOp(BinaryOp op) {
  for (const LongOp& row : kLongOps) {
    if (row.from == op) return row;
  }
  return kLongOps[0];
}

ir::Op StringCompare(BinaryOp op) {
  switch (op) {
    case BinaryOp::kNe:
      return ir::Op::kStrNe;
    case BinaryOp::kLt:
      return ir::Op::kStrLt;
    case BinaryOp::kLe:
      return ir::Op::kStrLe;
    case BinaryOp::kGt:
      return ir::Op::kStrGt;
    case BinaryOp::kGe:
      return ir::Op::kStrGe;
    default:
      return ir::Op::kStrEq;
  }
}

}  // namespace

Value ProgramLowering::LowerExpr(const lang::Expr& expr) {
  const auto refuse = [&](const char* what) {
    Refuse(expr.tok, std::string("podtap can't run ") + what + " yet");
    return Default(expr.type);
  };
  switch (expr.kind) {
    case ExprKind::kNumber:
      return Value::Imm(As<lang::Number>(expr).value);
    case ExprKind::kString:
      return Value::String(build_.Literal(As<lang::StringLiteral>(expr).value));
    case ExprKind::kVariable: {
      const lang::Reference& reference = As<lang::Variable>(expr).reference;
      if (reference.kind == lang::Reference::Kind::kGlobal) return ReadGlobal(reference.index);
      if (reference.kind == lang::Reference::Kind::kLocal) return ReadLocal(reference.index);
      return Default(expr.type);
    }
    case ExprKind::kTarget:
      return LowerTarget(As<lang::Target>(expr));
    case ExprKind::kCast:
      return LowerCast(As<lang::Cast>(expr));
    case ExprKind::kDefined:
      return Value::Imm(IsDefined(*As<lang::Defined>(expr).operand) ? 1 : 0);
    case ExprKind::kEntry:
      return refuse("@entry");
    case ExprKind::kPerf:
      return refuse("@perf");
    case ExprKind::kConst: {
      const kernel::Btf* types = btf();
      const auto value = types ? types->FindEnumerator(As<lang::ConstC>(expr).text) : std::nullopt;
      if (value) return Value::Imm(*value);
      Refuse(expr.tok, "@const knows the kernel's enumerators only, and '" +
                           As<lang::ConstC>(expr).text + "' is none");
      return Value::Imm(0);
    }
    case ExprKind::kIndex:
      return LowerIndex(As<lang::Index>(expr));
    case ExprKind::kCall:
      return LowerCall(As<lang::Call>(expr));
    case ExprKind::kUnary:
      return LowerUnary(As<lang::Unary>(expr));
    case ExprKind::kBinary:
      return LowerBinary(As<lang::Binary>(expr));
    case ExprKind::kLogical:
      return LowerLogical(As<lang::Logical>(expr));
    case ExprKind::kTernary:
      return LowerTernary(As<lang::Ternary>(expr));
    case ExprKind::kIn:
      return LowerIn(As<lang::In>(expr));
    case ExprKind::kRegex:
      return LowerRegex(As<lang::Regex>(expr));
    case ExprKind::kAssign:
      return LowerAssign(As<lang::Assign>(expr), true);
    case ExprKind::kIncrement:
      return LowerIncrement(As<lang::Increment>(expr), true);
    case ExprKind::kStat:
      return LowerStat(As<lang::Stat>(expr));
    case ExprKind::kHistIndex:
      return LowerHistIndex(As<lang::HistIndex>(expr));
    case ExprKind::kHistogram:
      return refuse("a histogram outside print()");
    case ExprKind::kEmbedded:
      return refuse("embedded C");
    case ExprKind::kPrint:
      return LowerPrint(As<lang::Print>(expr));
  }
  return {};
}

// A constant that takes no instruction, so that a branch which can't be taken
// (@defined, %( %) results) isn't lowered.
std::optional<int64_t> ProgramLowering::Constant(const lang::Expr& expr) {
  switch (expr.kind) {
    case ExprKind::kNumber:
      return As<lang::Number>(expr).value;
    case ExprKind::kDefined:
      return IsDefined(*As<lang::Defined>(expr).operand) ? 1 : 0;
    case ExprKind::kUnary: {
      const auto& unary = As<lang::Unary>(expr);
      const auto operand = Constant(*unary.operand);
      if (!operand || unary.op != lang::UnaryOp::kNot) return std::nullopt;
      return *operand == 0 ? 1 : 0;
    }
    case ExprKind::kLogical: {
      const auto& logical = As<lang::Logical>(expr);
      const auto left = Constant(*logical.left);
      const auto right = Constant(*logical.right);
      if (left && (*left != 0) != logical.is_and) return logical.is_and ? 0 : 1;
      if (left && right) return *right != 0 ? 1 : 0;
      return std::nullopt;
    }
    case ExprKind::kVariable: {
      const lang::Reference& reference = As<lang::Variable>(expr).reference;
      if (reference.kind != lang::Reference::Kind::kLocal) return std::nullopt;
      const auto& known = Local(reference.index).known;
      if (known && known->is_imm()) return known->operand.imm;
      return std::nullopt;
    }
    default:
      return std::nullopt;
  }
}

void ProgramLowering::LowerCondition(const lang::Expr& expr, ir::BlockId then_block,
                                     ir::BlockId else_block) {
  if (const auto constant = Constant(expr)) {
    return build_.Jump(*constant != 0 ? then_block : else_block);
  }
  if (expr.kind == ExprKind::kUnary && As<lang::Unary>(expr).op == lang::UnaryOp::kNot) {
    return LowerCondition(*As<lang::Unary>(expr).operand, else_block, then_block);
  }
  if (expr.kind == ExprKind::kLogical) {
    const auto& logical = As<lang::Logical>(expr);
    const ir::BlockId middle = build_.NewBlock();
    if (logical.is_and) {
      LowerCondition(*logical.left, middle, else_block);
    } else {
      LowerCondition(*logical.left, then_block, middle);
    }
    build_.SetBlock(middle);
    const Knowledge left_only = Know();
    LowerCondition(*logical.right, then_block, else_block);
    // Whether the right side ran, even if only to read, isn't known from here on.
    MergeKnowledge(left_only, true, Know(), true);
    return;
  }
  const ir::Operand value = LowerLong(expr);
  At(expr.tok);
  build_.Branch(value, then_block, else_block);
}

Value ProgramLowering::LowerLogical(const lang::Logical& logical) {
  if (const auto constant = Constant(logical)) return Value::Imm(*constant);
  const ir::Reg result = build_.NewLong();
  const ir::BlockId yes = build_.NewBlock(), no = build_.NewBlock(), end = build_.NewBlock();
  LowerCondition(logical, yes, no);
  build_.SetBlock(yes);
  build_.EmitMove(result, ir::Operand::I(1));
  build_.Jump(end);
  build_.SetBlock(no);
  build_.EmitMove(result, ir::Operand::I(0));
  build_.Jump(end);
  build_.SetBlock(end);
  return Value::Long(ir::Operand::R(result));
}

Value ProgramLowering::LowerTernary(const lang::Ternary& ternary) {
  if (const auto constant = Constant(*ternary.condition)) {
    return LowerExpr(*constant != 0 ? *ternary.then_value : *ternary.else_value);
  }
  const bool is_string = ternary.type == lang::Type::kString;
  const ir::Reg result = is_string ? build_.NewString() : build_.NewLong();
  const ir::BlockId yes = build_.NewBlock(), no = build_.NewBlock(), end = build_.NewBlock();
  LowerCondition(*ternary.condition, yes, no);
  const Knowledge before = Know();
  const auto arm = [&](ir::BlockId block, const lang::Expr& value) {
    build_.SetBlock(block);
    build_.EmitMove(result, is_string ? LowerString(value) : LowerLong(value));
    build_.Jump(end);
    return Know();
  };
  const Knowledge one = arm(yes, *ternary.then_value);
  SetKnowledge(before);
  const Knowledge other = arm(no, *ternary.else_value);
  MergeKnowledge(one, true, other, true);
  build_.SetBlock(end);
  const ir::Operand operand = ir::Operand::R(result);
  return is_string ? Value::String(operand) : Value::Long(operand);
}

Value ProgramLowering::LowerUnary(const lang::Unary& unary) {
  const ir::Operand operand = LowerLong(*unary.operand);
  At(unary.tok);
  Value value = Value::Long(operand);
  switch (unary.op) {
    case lang::UnaryOp::kPlus:
      return value;
    case lang::UnaryOp::kNegate:
      return Arithmetic(BinaryOp::kSub, Value::Imm(0), value);
    case lang::UnaryOp::kComplement:
      return Arithmetic(BinaryOp::kXor, value, Value::Imm(-1));
    case lang::UnaryOp::kNot:
      return Arithmetic(BinaryOp::kEq, value, Value::Imm(0));
  }
  return value;
}

Value ProgramLowering::LowerBinary(const lang::Binary& binary) {
  const Value left = LowerExpr(*binary.left);
  if (binary.op == BinaryOp::kConcat) {
    const Value right = LowerExpr(*binary.right);
    At(binary.tok);
    return Concat(left, right);
  }
  if (binary.left->type == lang::Type::kString) {
    const ir::Operand a = AsString(left);
    const ir::Operand b = LowerString(*binary.right);
    At(binary.tok);
    return Value::Long(ir::Operand::R(build_.EmitLong(StringCompare(binary.op), {a, b})));
  }
  // The left side is read before the right side can change it.
  const Value a = Value::Long(AsLong(left));
  const Value b = Value::Long(LowerLong(*binary.right));
  At(binary.tok);
  return Arithmetic(binary.op, a, b);
}

Value ProgramLowering::Arithmetic(BinaryOp op, const Value& left, const Value& right) {
  const LongOp& row = FindLongOp(op);
  const ir::Operand a = AsLong(left), b = AsLong(right);
  const bool divides = op == BinaryOp::kDiv || op == BinaryOp::kMod;
  if (divides) {
    if (!b.is_imm()) {
      FailIf(ir::Operand::R(build_.EmitLong(ir::Op::kEq, {b, ir::Operand::I(0)})), "division by 0");
    } else if (b.imm == 0) {
      Fail("division by 0");
      return Value::Imm(0);
    }
  }
  if (a.is_imm() && b.is_imm()) return Value::Imm(row.fold(a.imm, b.imm));
  return Value::Long(ir::Operand::R(build_.EmitLong(row.to, {a, b})));
}

// Joins two texts as pieces; nothing is copied until somebody needs the bytes.
Value ProgramLowering::Concat(const Value& left, const Value& right) {
  Value text;
  text.kind = Value::Kind::kText;
  for (const Value* side : {&left, &right}) {
    if (side->kind == Value::Kind::kText) {
      text.format.pieces.insert(text.format.pieces.end(), side->format.pieces.begin(),
                                side->format.pieces.end());
      text.args.insert(text.args.end(), side->args.begin(), side->args.end());
      continue;
    }
    ir::Directive piece;
    if (side->operand.is_literal()) {
      piece.text = shared_.tables.module().literals[static_cast<size_t>(side->operand.imm)];
    } else {
      piece.conversion = ir::Directive::Conversion::kString;
      text.args.push_back(side->operand);
    }
    text.format.pieces.push_back(std::move(piece));
  }
  return text;
}

}  // namespace podtap::lower
