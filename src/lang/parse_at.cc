// The @words of the language: @cast @var @defined @entry @perf @const, and
// those of statistics.
#include "lang/parser.h"

namespace podtap::lang {
namespace {

struct StatRow {
  std::string_view name;
  StatOp op;
};
constexpr StatRow kStatRows[] = {{"count", StatOp::kCount}, {"sum", StatOp::kSum},
                                 {"min", StatOp::kMin},     {"max", StatOp::kMax},
                                 {"avg", StatOp::kAvg},     {"variance", StatOp::kVariance}};

}  // namespace

bool FindStatOp(std::string_view name, StatOp& op) {
  for (const StatRow& row : kStatRows) {
    if (row.name != name) continue;
    op = row.op;
    return true;
  }
  return false;
}

ExprPtr Parser::ParseAtWord(bool address_of) {
  const std::string_view name = Peek().text;
  StatOp op{};
  if (name == "hist_log" || name == "hist_linear") return ParseHistogramValue();
  if (FindStatOp(name, op)) return ParseStat(Take(), op);
  if (name == "cast") return ParseCast(Take(), address_of);
  if (name == "var") return ParseVar(Take(), address_of);
  if (name == "defined") return ParseOperandWord<Defined>(Take());
  if (name == "entry") return ParseOperandWord<Entry>(Take());
  if (name == "perf" || name == "const") return ParseTextWord(Take());
  if (name == "probewrite") return ParseProbeWrite(Take());
  Fail("unknown operator @" + std::string(name));
  return Placeholder();
}

// @cast(expr, "type"[, "module"]) and its path
ExprPtr Parser::ParseCast(const Lexeme& word, bool address_of) {
  Expect(Lex::kOpenParen, "'('");
  auto cast = Make<Cast>(word);
  cast->address_of = address_of;
  cast->operand = ParseExpression();
  Expect(Lex::kComma, "','");
  cast->type_name = ParseText();
  if (Accept(Lex::kComma)) cast->module = ParseText();
  Expect(Lex::kCloseParen, "')'");
  Raise(*cast, cast->operand.get());
  ParsePath(*cast, cast->path);
  return Finish(std::move(cast), word.span);
}

// @var("name[@file]"[, "module"]) and its path
ExprPtr Parser::ParseVar(const Lexeme& word, bool address_of) {
  Expect(Lex::kOpenParen, "'('");
  auto target = Make<Target>(word);
  target->is_var = true;
  target->address_of = address_of;
  std::string text = ParseText();
  const size_t at = text.find('@');
  if (at != std::string::npos) target->var_scope = text.substr(at + 1);
  target->name = text.substr(0, at);
  if (Accept(Lex::kComma)) {
    const std::string module = ParseText();
    target->var_scope += (target->var_scope.empty() ? "" : ",") + module;
  }
  Expect(Lex::kCloseParen, "')'");
  ParsePath(*target, target->path);
  return Finish(std::move(target), word.span);
}

template <typename T>
ExprPtr Parser::ParseOperandWord(const Lexeme& word) {
  Expect(Lex::kOpenParen, "'('");
  auto node = Make<T>(word);
  node->operand = ParseExpression();
  Expect(Lex::kCloseParen, "')'");
  const Expr* operand = node->operand.get();
  return Finish(std::move(node), word.span, {operand});
}

ExprPtr Parser::ParseTextWord(const Lexeme& word) {
  Expect(Lex::kOpenParen, "'('");
  std::string text = ParseText();
  Expect(Lex::kCloseParen, "')'");
  if (word.text == "perf") {
    auto perf = Make<Perf>(word);
    perf->event = std::move(text);
    return Finish(std::move(perf), word.span);
  }
  auto constant = Make<ConstC>(word);
  constant->text = std::move(text);
  return Finish(std::move(constant), word.span);
}

// @probewrite asks about the writes of a script; a call that no function answers.
ExprPtr Parser::ParseProbeWrite(const Lexeme& word) {
  Expect(Lex::kOpenParen, "'('");
  auto call = Make<Call>(word);
  call->name = "@probewrite";
  call->args.push_back(ParseExpression());
  Raise(*call, call->args.back().get());
  Expect(Lex::kCloseParen, "')'");
  return Finish(std::move(call), word.span);
}

ExprPtr Parser::ParseStatTarget() {
  const Lexeme at = Peek();
  ExprPtr target = ParseExpression();
  if (target->kind != ExprKind::kVariable && target->kind != ExprKind::kIndex) {
    FailAt(at, "expected a statistics variable or array element");
  }
  return target;
}

ExprPtr Parser::ParseStat(const Lexeme& word, StatOp op) {
  Expect(Lex::kOpenParen, "'('");
  auto stat = Make<Stat>(word);
  stat->op = op;
  stat->target = ParseStatTarget();
  if (op == StatOp::kVariance && Accept(Lex::kComma)) stat->params.push_back(ParseSignedNumber());
  Expect(Lex::kCloseParen, "')'");
  const Expr* target = stat->target.get();
  return Finish(std::move(stat), word.span, {target});
}

std::unique_ptr<Histogram> Parser::ParseHistogram() {
  const Lexeme word = Peek();
  auto histogram = Make<Histogram>(word);
  histogram->is_log = word.text == "hist_log";
  if (!histogram->is_log && word.text != "hist_linear") {
    Fail("expected '@hist_log' or '@hist_linear'");
    return histogram;
  }
  Take();
  Expect(Lex::kOpenParen, "'('");
  histogram->target = ParseStatTarget();
  Raise(*histogram, histogram->target.get());
  if (!histogram->is_log) {
    for (int64_t* param : {&histogram->low, &histogram->high, &histogram->step}) {
      Expect(Lex::kComma, "','");
      *param = ParseSignedNumber();
    }
    if (!panic_ && (histogram->step <= 0 || histogram->high < histogram->low)) {
      FailAt(word, "@hist_linear needs low <= high and a positive width");
    }
  }
  Expect(Lex::kCloseParen, "')'");
  histogram->span = SpanFrom(word.span);
  return histogram;
}

ExprPtr Parser::ParseHistogramValue() {
  auto histogram = ParseHistogram();
  if (!Accept(Lex::kOpenBracket)) return histogram;
  auto bucket = std::make_unique<HistIndex>();
  bucket->tok = histogram->tok;
  const source::Span first = histogram->span;
  bucket->histogram = std::move(histogram);
  bucket->index = ParseExpression();
  Raise(*bucket, bucket->histogram.get());
  Raise(*bucket, bucket->index.get());
  Expect(Lex::kCloseBracket, "']'");
  return Finish(std::move(bucket), first);
}

}  // namespace podtap::lang
