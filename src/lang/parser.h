// Parser: lexemes → tree.
//
// What enters: the preprocessor's lexemes. What leaves: a File with every
// declaration that was understood, and a diagnostic for every one that wasn't.
//
// On a mistake the parser *panics*: from then on Peek() sees only the end, so
// that every production finishes by itself and nobody checks for errors; what
// was half built is thrown away, and Recover() goes on at the next top-level
// keyword. Productions therefore never return null.
//
// One file a group of constructs: parse_declaration.cc, parse_probe.cc,
// parse_statement.cc, parse_loop.cc, parse_expr.cc, parse_value.cc, parse_at.cc,
// parse_print.cc.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lang/lang.h"
#include "lang/preprocess.h"

namespace podtap::lang {

class Parser {
 public:
  Parser(const source::SourceSet& sources, source::FileId file, const Environment& environment,
         MacroTable& macros, source::Diagnostics& diagnostics);

  std::unique_ptr<File> Run();

 private:
  // ------------------------------------------------ lexemes and mistakes (parser.cc)
  const Lexeme& Peek() {
    if (current_.kind == Lex::kJunk) [[unlikely]]
      FailAt(current_, std::string(current_.text));
    return current_;
  }
  const Lexeme& PeekAhead(size_t n);  // n of 1 or 2; junk is left for Peek()
  Lexeme Take();
  void Advance();
  bool At(Lex kind) { return Peek().Is(kind); }
  bool Accept(Lex kind);
  Lexeme Expect(Lex kind, std::string_view what);  // "expected WHAT"
  void Fail(std::string message);                  // at the next lexeme
  void FailAt(const Lexeme& at, std::string message);
  void Recover();
  // Whether `next` stands right behind `last`, as in `a*` or `$x$`.
  static bool Touch(const source::Span& last, const source::Span& next);
  // From the start of `first` to the last lexeme taken.
  source::Span SpanFrom(const source::Span& first) const;

  // Counts a level of recursion for as long as it lives; false when too deep.
  class Level;
  bool Enter();

  template <typename T>
  std::unique_ptr<T> Make(const Lexeme& tok) {
    auto node = std::make_unique<T>();
    node->tok = tok.AsToken();
    node->span = tok.span;
    return node;
  }
  // Completes an expression: its span, and its height over its children.
  template <typename T>
  ExprPtr Finish(std::unique_ptr<T> node, const source::Span& first,
                 std::initializer_list<const Expr*> children = {}) {
    node->span = SpanFrom(first);
    for (const Expr* child : children) Raise(*node, child);
    return node;
  }
  void Raise(Expr& node, const Expr* child);
  template <typename T>
  std::unique_ptr<T> Done(std::unique_ptr<T> node) {  // the same for a statement
    node->span = SpanFrom(node->span);
    return node;
  }

  // ------------------------------------------------ declarations
  void ParseTopLevel(File& file);
  void ParseGlobals(File& file, bool is_private);
  std::unique_ptr<Global> ParseGlobal(bool is_private);
  void ParseArraySize(Global& global);
  void ParseFunction(File& file, bool is_private);
  void ParseParameters(Function& function);
  Type ParseOptionalType();
  void ParseEmbeddedBody(Function& function);
  bool MayEmbed(const Lexeme& code, std::string_view message);

  // ------------------------------------------------ probes
  struct PointList;
  void ParseProbe(File& file, bool is_private);
  bool AliasNames(PointList& points, std::vector<std::vector<Component>>& names);
  void ParsePoint(PointList& points);
  using Chains = std::vector<std::vector<Component>>;
  Chains ParseComponents();
  Chains ParseBraces();
  Component ParseComponent();
  void ParseComponentName(Component& component);
  void ParseComponentArg(Component& component);
  Chains Cross(const Chains& left, const Chains& right);

  // ------------------------------------------------ statements
  StmtPtr ParseStatement();
  StmtPtr ParseSimpleStatement();
  StmtPtr ParseBlock();
  StmtPtr ParseIf();
  StmtPtr ParseReturn();
  StmtPtr ParseDelete();
  StmtPtr ParseTry();
  StmtPtr ParseEvent();
  StmtPtr ParseLoopBody();
  StmtPtr ParseFor();
  StmtPtr ParseWhile();
  StmtPtr ParseForeach();
  void ParseForeachKeys(Foreach& loop);
  void ParseForeachKey(Foreach& loop);
  void ParseForeachSource(Foreach& loop);
  void ParseSort(Foreach& loop, int column);
  std::unique_ptr<Variable> ParseName();
  StmtPtr ParseExprStatement();
  bool AtEvent();

  // ------------------------------------------------ expressions
  ExprPtr ParseExpression();
  ExprPtr ParseTernary();
  ExprPtr ParseBinary(int minimum);
  ExprPtr ParseOperator(ExprPtr left, const Lexeme& op, int level);
  ExprPtr ParseUnary();
  ExprPtr ParseIncrement(const Lexeme& op);
  ExprPtr ParsePostfix();
  bool IsLvalue(const Expr& expr);

  ExprPtr ParseValue();
  ExprPtr Placeholder();
  ExprPtr ParseNumberValue();
  ExprPtr ParseStringValue();
  ExprPtr ParseEmbeddedValue();
  ExprPtr ParseWord();
  ExprPtr ParseTupleIn();
  std::vector<ExprPtr> ParseIndexes();  // after `[`, through `]`; null is `*`
  ExprPtr ParseTarget(bool address_of);
  void ParsePath(Expr& node, std::vector<Access>& path);
  bool ParseAccess(Expr& node, std::vector<Access>& path);
  std::string ParseText();  // adjacent literals, joined
  int64_t ParseSignedNumber();
  bool AtText() { return At(Lex::kString) || At(Lex::kRawString); }

  // @words
  ExprPtr ParseAtWord(bool address_of);
  ExprPtr ParseCast(const Lexeme& word, bool address_of);
  ExprPtr ParseVar(const Lexeme& word, bool address_of);
  template <typename T>
  ExprPtr ParseOperandWord(const Lexeme& word);
  ExprPtr ParseTextWord(const Lexeme& word);
  ExprPtr ParseProbeWrite(const Lexeme& word);
  ExprPtr ParseStat(const Lexeme& word, StatOp op);
  ExprPtr ParseStatTarget();
  std::unique_ptr<Histogram> ParseHistogram();
  ExprPtr ParseHistogramValue();

  // print and its family
  struct PrintForm;
  static const PrintForm* FindPrintForm(std::string_view name);
  ExprPtr ParsePrint(const Lexeme& word, const PrintForm& form);

  const source::SourceSet& sources_;
  const Environment& environment_;
  source::Diagnostics& diagnostics_;
  Preprocessor preprocessor_;
  source::FileId file_;
  Lexeme current_;               // kEnd while in panic
  std::array<Lexeme, 2> ahead_;  // those behind it that were looked at
  size_t ahead_count_ = 0;
  Lexeme end_;
  Lexeme stopped_at_;  // what the panic began at: Recover() begins there
  source::Span last_;  // of the lexeme taken last
  bool panic_ = false;
  int errors_ = 0;
  int depth_ = 0;
  bool in_function_ = false;
  int loops_ = 0;
};

class Parser::Level {
 public:
  explicit Level(Parser& parser) : parser_(parser), fits_(parser.Enter()) {}
  ~Level() { --parser_.depth_; }
  Level(const Level&) = delete;
  Level& operator=(const Level&) = delete;
  bool fits() const { return fits_; }

 private:
  Parser& parser_;
  bool fits_;
};

// `@sum` and its family; false for other words.
bool FindStatOp(std::string_view name, StatOp& op);

}  // namespace podtap::lang
