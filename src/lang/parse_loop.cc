// for, while, foreach.
#include "lang/parser.h"

namespace podtap::lang {

StmtPtr Parser::ParseLoopBody() {
  ++loops_;
  StmtPtr body = ParseStatement();
  --loops_;
  return body;
}

StmtPtr Parser::ParseFor() {
  auto loop = Make<For>(Take());
  Expect(Lex::kOpenParen, "'('");
  if (!At(Lex::kSemicolon)) loop->init = ParseExpression();
  Expect(Lex::kSemicolon, "';'");
  if (!At(Lex::kSemicolon)) loop->condition = ParseExpression();
  Expect(Lex::kSemicolon, "';'");
  if (!At(Lex::kCloseParen)) loop->step = ParseExpression();
  Expect(Lex::kCloseParen, "')'");
  loop->body = ParseLoopBody();
  return Done(std::move(loop));
}

StmtPtr Parser::ParseWhile() {
  auto loop = Make<For>(Take());
  Expect(Lex::kOpenParen, "'('");
  loop->condition = ParseExpression();
  Expect(Lex::kCloseParen, "')'");
  loop->body = ParseLoopBody();
  return Done(std::move(loop));
}

// foreach ([VALUE =] KEYS in ARRAY [SLICE] [SORT] [limit N]) BODY
StmtPtr Parser::ParseForeach() {
  auto loop = Make<Foreach>(Take());
  Expect(Lex::kOpenParen, "'('");
  if (At(Lex::kIdentifier) && PeekAhead(1).Is(Lex::kAssign)) {
    loop->value = ParseName();
    Take();
  }
  ParseForeachKeys(*loop);
  Expect(Lex::kIn, "'in'");
  ParseForeachSource(*loop);
  if (Accept(Lex::kLimit)) loop->limit = ParseExpression();
  Expect(Lex::kCloseParen, "')'");
  loop->body = ParseLoopBody();
  return Done(std::move(loop));
}

void Parser::ParseForeachKeys(Foreach& loop) {
  if (!Accept(Lex::kOpenBracket)) return ParseForeachKey(loop);
  do {
    ParseForeachKey(loop);
  } while (!panic_ && Accept(Lex::kComma));
  Expect(Lex::kCloseBracket, "',' or ']'");
}

void Parser::ParseForeachKey(Foreach& loop) {
  loop.keys.push_back(ParseName());
  ParseSort(loop, static_cast<int>(loop.keys.size()));
}

void Parser::ParseSort(Foreach& loop, int column) {
  if (!At(Lex::kPlus) && !At(Lex::kMinus)) return;
  if (loop.sort_direction != 0) return Fail("multiple sort directives");
  loop.sort_direction = Take().Is(Lex::kPlus) ? 1 : -1;
  loop.sort_column = column;
}

void Parser::ParseForeachSource(Foreach& loop) {
  loop.array_tok = Peek().AsToken();
  if (At(Lex::kAtWord)) {
    loop.histogram = ParseHistogram();
  } else {
    loop.array = Expect(Lex::kIdentifier, "the name of an array").text;
    if (Accept(Lex::kOpenBracket)) loop.slice = ParseIndexes();
    StatOp op{};
    if (At(Lex::kAtWord)) {
      if (!FindStatOp(Peek().text, op)) return Fail("expected a statistics operator to sort by");
      Take();
      loop.sort_stat = op;
      if (!At(Lex::kPlus) && !At(Lex::kMinus)) return Fail("expected sort directive");
    }
  }
  ParseSort(loop, 0);
}

}  // namespace podtap::lang
