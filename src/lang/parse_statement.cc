// Statements other than loops.
#include "lang/parser.h"

namespace podtap::lang {

StmtPtr Parser::ParseStatement() {
  const Level level(*this);
  switch (Peek().kind) {
    case Lex::kOpenBrace:
      return ParseBlock();
    case Lex::kSemicolon:
      return Make<Null>(Take());
    case Lex::kIf:
      return ParseIf();
    case Lex::kFor:
      return ParseFor();
    case Lex::kForeach:
      return ParseForeach();
    case Lex::kWhile:
      return ParseWhile();
    case Lex::kTry:
      return ParseTry();
    case Lex::kEmbedded: {
      auto code = Make<EmbeddedStmt>(Take());
      code->code = sources_.Text(code->span);
      Lexeme at = end_;
      at.span = code->span;
      at.token_class = code->tok.token_class;
      MayEmbed(at, "embedded code in unprivileged script; need stap -g");
      return code;
    }
    default:
      break;
  }
  if (AtEvent()) return ParseEvent();
  StmtPtr simple = ParseSimpleStatement();
  Accept(Lex::kSemicolon);
  return simple;
}

StmtPtr Parser::ParseSimpleStatement() {
  switch (Peek().kind) {
    case Lex::kReturn:
      return ParseReturn();
    case Lex::kDelete:
      return ParseDelete();
    case Lex::kNext:
      return Make<Next>(Take());
    case Lex::kBreak:
      if (loops_ == 0) Fail("found 'break' not in loop context");
      return Make<Break>(Take());
    case Lex::kContinue:
      if (loops_ == 0) Fail("found 'continue' not in loop context");
      return Make<Continue>(Take());
    default:
      return ParseExprStatement();
  }
}

StmtPtr Parser::ParseExprStatement() {
  auto statement = Make<ExprStmt>(Peek());
  statement->value = ParseExpression();
  return Done(std::move(statement));
}

StmtPtr Parser::ParseBlock() {
  auto block = Make<Block>(Expect(Lex::kOpenBrace, "'{'"));
  while (!panic_ && !At(Lex::kCloseBrace)) {
    if (At(Lex::kEnd)) {
      Fail("expected '}'");
      break;
    }
    block->statements.push_back(ParseStatement());
  }
  if (!panic_) Take();
  return Done(std::move(block));
}

StmtPtr Parser::ParseIf() {
  auto statement = Make<If>(Take());
  Expect(Lex::kOpenParen, "'('");
  statement->condition = ParseExpression();
  Expect(Lex::kCloseParen, "')'");
  statement->then_branch = ParseStatement();
  if (Accept(Lex::kElse)) statement->else_branch = ParseStatement();
  return Done(std::move(statement));
}

StmtPtr Parser::ParseReturn() {
  if (!in_function_) Fail("found 'return' not in function context");
  auto statement = Make<Return>(Take());
  if (!At(Lex::kSemicolon) && !At(Lex::kCloseBrace)) statement->value = ParseExpression();
  return Done(std::move(statement));
}

StmtPtr Parser::ParseDelete() {
  auto statement = Make<Delete>(Take());
  const Lexeme at = Peek();
  statement->target = ParsePostfix();
  const ExprKind kind = statement->target->kind;
  if (kind != ExprKind::kVariable && kind != ExprKind::kIndex) {
    FailAt(at, "expected an array, an element or a variable to delete");
  }
  return Done(std::move(statement));
}

StmtPtr Parser::ParseTry() {
  auto statement = Make<Try>(Take());
  statement->body = ParseBlock();
  Expect(Lex::kCatch, "'catch'");
  if (Accept(Lex::kOpenParen)) {
    statement->message = ParseName();
    Expect(Lex::kCloseParen, "')'");
  }
  statement->handler = ParseBlock();
  return Done(std::move(statement));
}

std::unique_ptr<Variable> Parser::ParseName() {
  const Lexeme name = Expect(Lex::kIdentifier, "identifier");
  auto variable = Make<Variable>(name);
  variable->name = name.text;
  return variable;
}

bool Parser::AtEvent() {
  return At(Lex::kIdentifier) && Peek().text == "event" && PeekAhead(1).Is(Lex::kIdentifier) &&
         PeekAhead(2).Is(Lex::kOpenBrace);
}

StmtPtr Parser::ParseEvent() {
  auto event = Make<EventStmt>(Take());
  const Lexeme name = Take();
  event->name = name.text;
  event->name_tok = name.AsToken();
  Take();
  while (!panic_ && !At(Lex::kCloseBrace)) {
    // A field may be called `limit` or `next`: no keyword can stand here.
    const Lexeme field = IsKeyword(Peek().kind) ? Take() : Expect(Lex::kIdentifier, "field name");
    Expect(Lex::kAssign, "'='");
    event->fields.push_back({std::string(field.text), field.AsToken(), ParseTernary()});
    if (!Accept(Lex::kComma)) break;
  }
  Expect(Lex::kCloseBrace, "',' or '}'");
  return Done(std::move(event));
}

}  // namespace podtap::lang
