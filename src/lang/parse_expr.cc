// Operators, from the loosest to the tightest.
//
//   =  += … <<<      right
//   ?:               right
//   ||  &&  |  ^  &  left, each its own level
//   in               left
//   == != < > <= >= =~ !~   left, one level
//   << >> >>>        left
//   .                left
//   + -              left
//   * / %            left
//   - + ! ~ & ++ --  prefix
//   ++ --            postfix
#include <algorithm>
#include <array>

#include "lang/parser.h"

namespace podtap::lang {
namespace {

struct BinaryRow {
  Lex lex;
  int level;
  BinaryOp op = BinaryOp::kAdd;  // not used by || && in =~ !~
};

constexpr int kTightestLevel = 11;

constexpr BinaryRow kBinaryRows[] = {
    {Lex::kOrOr, 1},
    {Lex::kAndAnd, 2},
    {Lex::kPipe, 3, BinaryOp::kOr},
    {Lex::kCaret, 4, BinaryOp::kXor},
    {Lex::kAmp, 5, BinaryOp::kAnd},
    {Lex::kIn, 6},
    {Lex::kEqual, 7, BinaryOp::kEq},
    {Lex::kNotEqual, 7, BinaryOp::kNe},
    {Lex::kLess, 7, BinaryOp::kLt},
    {Lex::kLessEqual, 7, BinaryOp::kLe},
    {Lex::kGreater, 7, BinaryOp::kGt},
    {Lex::kGreaterEqual, 7, BinaryOp::kGe},
    {Lex::kMatch, 7},
    {Lex::kNotMatch, 7},
    {Lex::kShl, 8, BinaryOp::kShl},
    {Lex::kShr, 8, BinaryOp::kShr},
    {Lex::kShrLogical, 8, BinaryOp::kShrLogical},
    {Lex::kDot, 9, BinaryOp::kConcat},
    {Lex::kPlus, 10, BinaryOp::kAdd},
    {Lex::kMinus, 10, BinaryOp::kSub},
    {Lex::kStar, kTightestLevel, BinaryOp::kMul},
    {Lex::kSlash, kTightestLevel, BinaryOp::kDiv},
    {Lex::kPercent, kTightestLevel, BinaryOp::kMod},
};

constexpr size_t kLexCount = static_cast<size_t>(Lex::kStatPush) + 1;  // the last one

// Lex → its row + 1: asked once for every operand.
constexpr std::array<uint8_t, kLexCount> IndexBinaryRows() {
  std::array<uint8_t, kLexCount> index{};
  static_assert(std::size(kBinaryRows) < UINT8_MAX);
  for (size_t i = 0; i < std::size(kBinaryRows); ++i) {
    index[static_cast<size_t>(kBinaryRows[i].lex)] = static_cast<uint8_t>(i + 1);
  }
  return index;
}
constexpr std::array<uint8_t, kLexCount> kBinaryIndex = IndexBinaryRows();

const BinaryRow* FindBinary(Lex lex) {
  const uint8_t row = kBinaryIndex[static_cast<size_t>(lex)];
  return row == 0 ? nullptr : &kBinaryRows[row - 1];
}

struct AssignRow {
  Lex lex;
  Assign::Form form;
  BinaryOp op = BinaryOp::kAdd;
};

constexpr AssignRow kAssignRows[] = {
    {Lex::kAssign, Assign::Form::kPlain},
    {Lex::kStatPush, Assign::Form::kStatPush},
    {Lex::kAddAssign, Assign::Form::kCompound, BinaryOp::kAdd},
    {Lex::kSubAssign, Assign::Form::kCompound, BinaryOp::kSub},
    {Lex::kMulAssign, Assign::Form::kCompound, BinaryOp::kMul},
    {Lex::kDivAssign, Assign::Form::kCompound, BinaryOp::kDiv},
    {Lex::kModAssign, Assign::Form::kCompound, BinaryOp::kMod},
    {Lex::kShlAssign, Assign::Form::kCompound, BinaryOp::kShl},
    {Lex::kShrAssign, Assign::Form::kCompound, BinaryOp::kShr},
    {Lex::kShrLogicalAssign, Assign::Form::kCompound, BinaryOp::kShrLogical},
    {Lex::kAndAssign, Assign::Form::kCompound, BinaryOp::kAnd},
    {Lex::kOrAssign, Assign::Form::kCompound, BinaryOp::kOr},
    {Lex::kXorAssign, Assign::Form::kCompound, BinaryOp::kXor},
    {Lex::kConcatAssign, Assign::Form::kCompound, BinaryOp::kConcat},
};

struct UnaryRow {
  Lex lex;
  UnaryOp op;
};
constexpr UnaryRow kUnaryRows[] = {{Lex::kMinus, UnaryOp::kNegate},
                                   {Lex::kPlus, UnaryOp::kPlus},
                                   {Lex::kBang, UnaryOp::kNot},
                                   {Lex::kTilde, UnaryOp::kComplement}};

}  // namespace

bool Parser::IsLvalue(const Expr& expr) {
  return expr.kind == ExprKind::kVariable || expr.kind == ExprKind::kIndex ||
         expr.kind == ExprKind::kTarget || expr.kind == ExprKind::kCast;
}

ExprPtr Parser::ParseExpression() {
  const Level level(*this);
  const source::Span first = Peek().span;
  ExprPtr left = ParseTernary();
  const Lex kind = Peek().kind;
  if (kind < Lex::kAssign) return left;  // the assignments come last
  const auto row = std::find_if(std::begin(kAssignRows), std::end(kAssignRows),
                                [kind](const AssignRow& r) { return r.lex == kind; });
  if (row == std::end(kAssignRows)) return left;
  if (!IsLvalue(*left)) {
    Fail("left side of '" + std::string(Peek().text) +
         "' is neither a variable nor an array element");
    return left;
  }
  auto assign = Make<Assign>(Take());
  assign->form = row->form;
  assign->compound = row->op;
  assign->target = std::move(left);
  assign->value = ParseExpression();
  const Expr* target = assign->target.get();
  const Expr* value = assign->value.get();
  return Finish(std::move(assign), first, {target, value});
}

ExprPtr Parser::ParseTernary() {
  const source::Span first = Peek().span;
  ExprPtr condition = ParseBinary(1);
  if (!At(Lex::kQuestion)) return condition;
  auto choice = Make<Ternary>(Take());
  choice->condition = std::move(condition);
  choice->then_value = ParseExpression();
  Expect(Lex::kColon, "':'");
  choice->else_value = ParseExpression();
  const std::initializer_list<const Expr*> children = {
      choice->condition.get(), choice->then_value.get(), choice->else_value.get()};
  return Finish(std::move(choice), first, children);
}

// Operators of level `minimum` and tighter.
ExprPtr Parser::ParseBinary(int minimum) {
  const Level level(*this);
  ExprPtr left = ParseUnary();
  while (!panic_) {
    const BinaryRow* row = FindBinary(Peek().kind);
    if (row == nullptr || row->level < minimum) break;
    const Lexeme op = Take();
    left = ParseOperator(std::move(left), op, row->level);
  }
  return left;
}

ExprPtr Parser::ParseOperator(ExprPtr left, const Lexeme& op, int level) {
  const source::Span first = left->span;
  const Expr* left_child = left.get();
  if (op.Is(Lex::kIn)) {
    const Lexeme name = Expect(Lex::kIdentifier, "the name of an array");
    auto in = Make<In>(op);
    in->indexes.push_back(std::move(left));
    in->name = name.text;
    in->name_tok = name.AsToken();
    return Finish(std::move(in), first, {left_child});
  }
  if (op.Is(Lex::kMatch) || op.Is(Lex::kNotMatch)) {
    auto regex = Make<Regex>(op);
    regex->negated = op.Is(Lex::kNotMatch);
    regex->text = std::move(left);
    regex->pattern = ParseText();
    return Finish(std::move(regex), first, {left_child});
  }
  ExprPtr right = ParseBinary(level + 1);
  const Expr* right_child = right.get();
  if (op.Is(Lex::kOrOr) || op.Is(Lex::kAndAnd)) {
    auto logical = Make<Logical>(op);
    logical->is_and = op.Is(Lex::kAndAnd);
    logical->left = std::move(left);
    logical->right = std::move(right);
    return Finish(std::move(logical), first, {left_child, right_child});
  }
  auto binary = Make<Binary>(op);
  binary->op = FindBinary(op.kind)->op;
  binary->left = std::move(left);
  binary->right = std::move(right);
  return Finish(std::move(binary), first, {left_child, right_child});
}

ExprPtr Parser::ParseUnary() {
  const Lexeme op = Peek();
  if (op.Is(Lex::kPlusPlus) || op.Is(Lex::kMinusMinus)) return ParseIncrement(Take());
  if (op.Is(Lex::kAmp)) {
    Take();
    if (At(Lex::kTarget)) return ParseTarget(true);
    if (At(Lex::kAtWord)) return ParseAtWord(true);
    Fail("expected a target variable or '@cast' after '&'");
    return Placeholder();
  }
  for (const UnaryRow& row : kUnaryRows) {
    if (row.lex != op.kind) continue;
    const Level level(*this);
    auto unary = Make<Unary>(Take());
    unary->op = row.op;
    unary->operand = ParseUnary();
    const Expr* operand = unary->operand.get();
    return Finish(std::move(unary), op.span, {operand});
  }
  return ParsePostfix();
}

ExprPtr Parser::ParseIncrement(const Lexeme& op) {
  auto increment = Make<Increment>(op);
  increment->is_increment = op.Is(Lex::kPlusPlus);
  increment->is_prefix = true;
  increment->target = ParsePostfix();
  if (!IsLvalue(*increment->target)) {
    FailAt(op, "'" + std::string(op.text) + "' needs a variable or an array element");
  }
  const Expr* target = increment->target.get();
  return Finish(std::move(increment), op.span, {target});
}

ExprPtr Parser::ParsePostfix() {
  const source::Span first = Peek().span;
  ExprPtr value = ParseValue();
  if ((!At(Lex::kPlusPlus) && !At(Lex::kMinusMinus)) || !IsLvalue(*value)) return value;
  const Lexeme op = Take();
  auto increment = Make<Increment>(op);
  increment->is_increment = op.Is(Lex::kPlusPlus);
  increment->target = std::move(value);
  const Expr* target = increment->target.get();
  return Finish(std::move(increment), first, {target});
}

}  // namespace podtap::lang
