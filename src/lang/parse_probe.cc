// probe points, aliases: probe a.b("x").{c,d}?, e if (x) { … }
#include "lang/parser.h"

namespace podtap::lang {
namespace {

// a.{b,c}.{d,e}.… multiplies.
constexpr size_t kMostPoints = 1000;
constexpr size_t kMostComponents = 64;

}  // namespace

// Points in the making: braces make several of one.
struct Parser::PointList {
  std::vector<ProbePoint> points;
  std::vector<std::vector<Component>> aliases;
  bool is_alias = false;
  bool is_epilogue = false;
};

void Parser::ParseProbe(File& file, bool is_private) {
  const Lexeme keyword = Take();
  PointList list;
  while (!panic_) {
    ParsePoint(list);
    if (Accept(Lex::kComma)) continue;
    const bool prologue = At(Lex::kAssign);
    if (!prologue && !At(Lex::kAddAssign)) break;
    // What came so far are names: probe a = b = c { } defines both a and b.
    if (!AliasNames(list, list.aliases)) return;
    list.is_epilogue = !prologue;
    Take();
  }
  if (!At(Lex::kOpenBrace)) return Fail("expected one of ', { ? ! = +='");
  in_function_ = false;
  StmtPtr body = ParseBlock();
  if (panic_) return;
  if (!list.is_alias) {
    auto probe = std::make_unique<ProbeDef>();
    probe->points = std::move(list.points);
    probe->body = std::move(body);
    probe->tok = keyword.AsToken();
    probe->is_private = is_private;
    file.probes.push_back(std::move(probe));
    return;
  }
  auto alias = std::make_unique<AliasDef>();
  alias->names = std::move(list.aliases);
  alias->is_epilogue = list.is_epilogue;
  alias->points = std::move(list.points);
  alias->body = std::move(body);
  alias->tok = keyword.AsToken();
  alias->is_private = is_private;
  file.aliases.push_back(std::move(alias));
}

bool Parser::AliasNames(PointList& list, std::vector<std::vector<Component>>& names) {
  for (ProbePoint& point : list.points) {
    if (point.optional || point.sufficient) {
      Fail("a probe point alias name may not be optional nor sufficient");
    } else if (point.condition) {
      Fail("a probe point alias name may not have a condition");
    }
    for (const Component& component : point.components) {
      if (component.name.find('*') != std::string::npos) {
        Fail("a probe point alias name may not have a wildcard");
      }
    }
    names.push_back(std::move(point.components));
  }
  list.points.clear();
  list.is_alias = true;
  return !panic_;
}

void Parser::ParsePoint(PointList& list) {
  const Lexeme first = Peek();
  Chains chains = ParseComponents();
  ProbePoint point;
  point.tok = first.AsToken();
  while (true) {
    if (Accept(Lex::kQuestion)) {
      point.optional = true;
    } else if (Accept(Lex::kBang)) {
      point.sufficient = true;
    } else if (!point.condition && Accept(Lex::kIf)) {
      Expect(Lex::kOpenParen, "'('");
      point.condition = ParseExpression();
      Expect(Lex::kCloseParen, "')'");
    } else {
      break;
    }
  }
  if (panic_) return;
  if (list.points.size() + chains.size() > kMostPoints) {
    return FailAt(first, "more than " + std::to_string(kMostPoints) + " probe points");
  }
  for (std::vector<Component>& chain : chains) {
    ProbePoint copy;
    copy.components = std::move(chain);
    copy.optional = point.optional;
    copy.sufficient = point.sufficient;
    if (point.condition) copy.condition = Clone(*point.condition);
    copy.tok = copy.components.empty() ? point.tok : copy.components.front().tok;
    list.points.push_back(std::move(copy));
  }
}

Parser::Chains Parser::ParseComponents() {
  const Level level(*this);
  Chains chains(1);
  do {
    if (At(Lex::kOpenBrace)) {
      chains = Cross(chains, ParseBraces());
    } else {
      Component component = ParseComponent();
      for (auto& chain : chains) chain.push_back(component);
    }
    if (chains.front().size() > kMostComponents) Fail("probe point has too many components");
  } while (!panic_ && Accept(Lex::kDot));
  return chains;
}

Parser::Chains Parser::ParseBraces() {
  Take();
  Chains all;
  do {
    Chains some = ParseComponents();
    if (all.size() + some.size() > kMostPoints) Fail("probe point stands for too many");
    for (auto& chain : some) all.push_back(std::move(chain));
  } while (!panic_ && Accept(Lex::kComma));
  Expect(Lex::kCloseBrace, "',' or '}'");
  return all;
}

Parser::Chains Parser::Cross(const Chains& left, const Chains& right) {
  if (left.size() * right.size() > kMostPoints) {
    Fail("probe point stands for more than " + std::to_string(kMostPoints));
    return left;
  }
  Chains out;
  out.reserve(left.size() * right.size());
  for (const auto& head : left) {
    for (const auto& tail : right) {
      out.push_back(head);
      out.back().insert(out.back().end(), tail.begin(), tail.end());
    }
  }
  return out;
}

Component Parser::ParseComponent() {
  Component component;
  ParseComponentName(component);
  if (At(Lex::kOpenParen)) ParseComponentArg(component);
  return component;
}

// `nd_*`, `*`, `function`: words, keywords and stars that touch make one name.
void Parser::ParseComponentName(Component& component) {
  const auto is_part = [](const Lexeme& lexeme, bool first) {
    return lexeme.Is(Lex::kIdentifier) || lexeme.Is(Lex::kStar) || IsKeyword(lexeme.kind) ||
           (!first && lexeme.Is(Lex::kNumber));
  };
  const Lexeme first = Peek();
  if (!is_part(first, true)) return Fail("expected identifier or '*'");
  component.name = Take().text;
  component.tok = first.AsToken();
  component.tok.token_class = source::TokenClass::kIdentifier;
  while (Touch(last_, Peek().span) && is_part(Peek(), false)) component.name += Take().text;
  component.tok.span = SpanFrom(first.span);
}

void Parser::ParseComponentArg(Component& component) {
  Take();
  if (AtText()) {
    component.arg = Component::Arg::kString;
    component.text = ParseText();
  } else {
    component.arg = Component::Arg::kNumber;
    component.number = ParseSignedNumber();
  }
  Expect(Lex::kCloseParen, "')'");
}

}  // namespace podtap::lang
