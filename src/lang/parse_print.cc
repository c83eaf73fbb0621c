// print(x), printf("…", x), println(…), printd(",", …), and their sprint forms.
#include "lang/print_form.h"

namespace podtap::lang {

const Parser::PrintForm* Parser::FindPrintForm(std::string_view name) {
  static constexpr PrintForm kForms[] = {
      {"print", false, false, false, false},  {"printf", false, true, false, false},
      {"println", false, false, true, false}, {"printd", false, false, false, true},
      {"printdln", false, false, true, true}, {"sprint", true, false, false, false},
      {"sprintf", true, true, false, false},  {"sprintln", true, false, true, false},
      {"sprintd", true, false, false, true},  {"sprintdln", true, false, true, true},
  };
  if (!name.starts_with("print") && !name.starts_with("sprint")) return nullptr;
  for (const PrintForm& form : kForms) {
    if (form.name == name) return &form;
  }
  return nullptr;
}

ExprPtr Parser::ParsePrint(const Lexeme& word, const PrintForm& form) {
  Take();
  auto print = Make<Print>(word);
  print->to_string = form.to_string;
  print->has_format = form.has_format;
  print->newline = form.newline;
  print->delimited = form.delimited;
  bool more = true;
  if (form.has_format || form.delimited) {
    const Lexeme first = Peek();
    std::string text = ParseText();
    print->format_tok = first.AsToken();
    print->format_tok.span = SpanFrom(first.span);
    (form.has_format ? print->format : print->delimiter) = std::move(text);
    more = Accept(Lex::kComma);
    if (!more && form.delimited) Fail("expected ','");
  } else if (form.newline && At(Lex::kCloseParen)) {
    more = false;  // println() ends a line
  }
  while (more && !panic_) {
    print->args.push_back(ParseExpression());
    Raise(*print, print->args.back().get());
    more = Accept(Lex::kComma);
  }
  Expect(Lex::kCloseParen, "',' or ')'");
  return Finish(std::move(print), word.span);
}

}  // namespace podtap::lang
