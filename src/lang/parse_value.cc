// What operators stand between: literals, names, calls, elements, $targets.
#include "lang/parser.h"
#include "lang/print_form.h"

namespace podtap::lang {

ExprPtr Parser::Placeholder() { return std::make_unique<Number>(); }

ExprPtr Parser::ParseValue() {
  switch (Peek().kind) {
    case Lex::kNumber:
      return ParseNumberValue();
    case Lex::kString:
    case Lex::kRawString:
      return ParseStringValue();
    case Lex::kIdentifier:
      return ParseWord();
    case Lex::kTarget:
      return ParseTarget(false);
    case Lex::kAtWord:
      return ParseAtWord(false);
    case Lex::kEmbedded:
      return ParseEmbeddedValue();
    case Lex::kOpenBracket:
      return ParseTupleIn();
    case Lex::kOpenParen: {
      const source::Span first = Take().span;
      ExprPtr inner = ParseExpression();
      Expect(Lex::kCloseParen, "')'");
      inner->span = SpanFrom(first);
      return inner;
    }
    case Lex::kEnd:
      Fail("unexpected end-of-file");
      return Placeholder();
    default:
      Fail("expected literal string or number");
      return Placeholder();
  }
}

ExprPtr Parser::ParseNumberValue() {
  const Lexeme lexeme = Peek();
  auto number = Make<Number>(lexeme);
  if (!ParseNumber(lexeme.text, number->value)) Fail("number invalid or out of range");
  Take();
  return number;
}

int64_t Parser::ParseSignedNumber() {
  const bool negative = Accept(Lex::kMinus);
  if (!At(Lex::kNumber)) {
    Fail("expected literal string or number");
    return 0;
  }
  const ExprPtr number = ParseNumberValue();
  const auto value = static_cast<uint64_t>(As<Number>(*number).value);
  return static_cast<int64_t>(negative ? 0 - value : value);
}

std::string Parser::ParseText() {
  if (!AtText()) Fail("expected literal string");
  std::string text;
  while (AtText()) {
    const Lexeme part = Take();
    text += part.Is(Lex::kString) ? Unescape(part.text) : std::string(part.text);
  }
  return text;
}

ExprPtr Parser::ParseStringValue() {
  const Lexeme first = Peek();
  auto literal = Make<StringLiteral>(first);
  literal->value = ParseText();
  return Finish(std::move(literal), first.span);
}

ExprPtr Parser::ParseEmbeddedValue() {
  const Lexeme code = Take();
  MayEmbed(code, "embedded expression code in unprivileged script; need stap -g");
  auto node = Make<Embedded>(code);
  node->code = code.text;
  return node;
}

// name, name(args), name[indexes], or one of the print family.
ExprPtr Parser::ParseWord() {
  const Lexeme name = Take();
  if (At(Lex::kOpenParen)) {
    if (const PrintForm* form = FindPrintForm(name.text)) return ParsePrint(name, *form);
    Take();
    auto call = Make<Call>(name);
    call->name = name.text;
    if (!At(Lex::kCloseParen)) {
      do {
        call->args.push_back(ParseExpression());
        Raise(*call, call->args.back().get());
      } while (Accept(Lex::kComma));
    }
    Expect(Lex::kCloseParen, "',' or ')'");
    return Finish(std::move(call), name.span);
  }
  if (Accept(Lex::kOpenBracket)) {
    auto element = Make<Index>(name);
    element->name = name.text;
    element->indexes = ParseIndexes();
    for (const ExprPtr& index : element->indexes) Raise(*element, index.get());
    return Finish(std::move(element), name.span);
  }
  auto variable = Make<Variable>(name);
  variable->name = name.text;
  return variable;
}

std::vector<ExprPtr> Parser::ParseIndexes() {
  std::vector<ExprPtr> indexes;
  do {
    const bool is_any =
        At(Lex::kStar) && (PeekAhead(1).Is(Lex::kComma) || PeekAhead(1).Is(Lex::kCloseBracket));
    if (is_any) {
      Take();
      indexes.emplace_back();
    } else {
      indexes.push_back(ParseExpression());
    }
  } while (Accept(Lex::kComma));
  Expect(Lex::kCloseBracket, "',' or ']'");
  return indexes;
}

// [a, *] in array
ExprPtr Parser::ParseTupleIn() {
  const source::Span first = Take().span;
  std::vector<ExprPtr> indexes = ParseIndexes();
  auto in = Make<In>(Expect(Lex::kIn, "'in'"));
  const Lexeme name = Expect(Lex::kIdentifier, "the name of an array");
  in->indexes = std::move(indexes);
  in->name = name.text;
  in->name_tok = name.AsToken();
  for (const ExprPtr& index : in->indexes) Raise(*in, index.get());
  return Finish(std::move(in), first);
}

ExprPtr Parser::ParseTarget(bool address_of) {
  const source::Span first = last_;
  const Lexeme name = Take();
  auto target = Make<Target>(name);
  target->name = name.text;
  target->address_of = address_of;
  ParsePath(*target, target->path);
  return Finish(std::move(target), address_of ? first : name.span);
}

// ->member, .member, [index], and $ or $$ at the end.
void Parser::ParsePath(Expr& node, std::vector<Access>& path) {
  while (!panic_ && ParseAccess(node, path)) {
  }
}

bool Parser::ParseAccess(Expr& node, std::vector<Access>& path) {
  const Lexeme step = Peek();
  Access access;
  access.tok = step.AsToken();
  // A dot that touches both sides of it can only be a member here: a target is a
  // number, and numbers aren't concatenated.
  const bool dot = step.Is(Lex::kDot) && !path.empty() && Touch(last_, step.span) &&
                   PeekAhead(1).Is(Lex::kIdentifier) && Touch(step.span, PeekAhead(1).span);
  if (step.Is(Lex::kArrow) || dot) {
    Take();
    const Lexeme member = IsKeyword(Peek().kind) ? Take() : Expect(Lex::kIdentifier, "identifier");
    access.member = member.text;
    access.tok = member.AsToken();
  } else if (step.Is(Lex::kOpenBracket)) {
    Take();
    access.kind = Access::Kind::kIndex;
    access.index = ParseExpression();
    Raise(node, access.index.get());
    Expect(Lex::kCloseBracket, "']'");
  } else if ((step.Is(Lex::kPretty) || step.Is(Lex::kPrettyDeep)) && Touch(last_, step.span)) {
    access.kind = step.Is(Lex::kPretty) ? Access::Kind::kPretty : Access::Kind::kPrettyDeep;
    Take();
    path.push_back(std::move(access));
    return false;
  } else {
    return false;
  }
  path.push_back(std::move(access));
  return true;
}

}  // namespace podtap::lang
