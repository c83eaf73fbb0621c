// global, function, and what may stand at the top of a file.
#include <algorithm>

#include "lang/parser.h"

namespace podtap::lang {
namespace {

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n\v\f";
  const size_t begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

// More are a mistake, and each is looked for among those before it.
constexpr size_t kMostParameters = 64;

}  // namespace

void Parser::ParseTopLevel(File& file) {
  if (At(Lex::kEnd) || Accept(Lex::kSemicolon)) return;
  if (At(Lex::kEmbedded)) {
    const Lexeme code = Take();
    if (MayEmbed(code, "embedded code in unprivileged script; need stap -g")) {
      file.embedded_code.push_back(code.AsToken());
      diagnostics_.Warning(code.span, code.token_class,
                           "embedded C code outside of functions has no effect here");
    }
    return;
  }
  const bool is_private = Accept(Lex::kPrivate);
  if (At(Lex::kProbe)) return ParseProbe(file, is_private);
  if (At(Lex::kGlobal)) return ParseGlobals(file, is_private);
  if (At(Lex::kFunction)) return ParseFunction(file, is_private);
  Fail(is_private ? "expected 'probe', 'global' or 'function' after 'private'"
                  : "expected 'probe', 'global', 'private', 'function', or '%{'");
}

bool Parser::MayEmbed(const Lexeme& code, std::string_view message) {
  if (panic_) return false;
  if (environment_.guru_mode || sources_.IsTapset(code.span.file)) return true;
  FailAt(code, std::string(message));
  return false;
}

void Parser::ParseGlobals(File& file, bool is_private) {
  Take();
  do {
    auto global = ParseGlobal(is_private);
    if (panic_) return;
    file.globals.push_back(std::move(global));
  } while (Accept(Lex::kComma));
  Accept(Lex::kSemicolon);
}

std::unique_ptr<Global> Parser::ParseGlobal(bool is_private) {
  const Lexeme name = Expect(Lex::kIdentifier, "identifier");
  auto global = std::make_unique<Global>();
  global->name = name.text;
  global->tok = name.AsToken();
  global->is_private = is_private;
  global->wrap = Accept(Lex::kPercent);
  if (At(Lex::kOpenBracket)) ParseArraySize(*global);
  if (Accept(Lex::kPercent)) global->wrap = true;
  if (!At(Lex::kAssign)) return global;
  if (global->max_size) Fail("an array has no initial value");
  Take();
  const Lexeme first = Peek();
  if (AtText()) {
    global->init = ParseStringValue();
  } else {
    auto number = Make<Number>(first);
    number->value = ParseSignedNumber();
    global->init = Finish(std::move(number), first.span);
  }
  return global;
}

void Parser::ParseArraySize(Global& global) {
  Take();
  const Lexeme at = Peek();
  const int64_t size = ParseSignedNumber();
  // The bound is that of a kernel map's max_entries with room to spare.
  if (!panic_ && (size <= 0 || size > 1'000'000'000)) FailAt(at, "array size out of range");
  global.max_size = size;
  Expect(Lex::kCloseBracket, "']'");
}

Type Parser::ParseOptionalType() {
  if (!Accept(Lex::kColon)) return Type::kUnknown;
  if (Accept(Lex::kLongType)) return Type::kLong;
  if (Accept(Lex::kStringType)) return Type::kString;
  Fail("expected 'string' or 'long'");
  return Type::kUnknown;
}

void Parser::ParseFunction(File& file, bool is_private) {
  Take();
  const Lexeme name = Expect(Lex::kIdentifier, "identifier");
  auto function = std::make_unique<Function>();
  function->name = name.text;
  function->tok = name.AsToken();
  function->is_private = is_private;
  function->result = ParseOptionalType();
  ParseParameters(*function);
  if (Accept(Lex::kColon)) {
    const Lexeme at = Peek();
    function->priority = ParseSignedNumber();
    if (!panic_ && *function->priority < 0) FailAt(at, "priority can't be negative");
  }
  if (At(Lex::kEmbedded)) {
    ParseEmbeddedBody(*function);
  } else {
    in_function_ = true;
    function->body = ParseBlock();
    in_function_ = false;
  }
  if (!panic_) file.functions.push_back(std::move(function));
}

void Parser::ParseEmbeddedBody(Function& function) {
  const Lexeme code = Take();
  if (!MayEmbed(code, "embedded code in unprivileged script; need stap -g")) return;
  function.has_embedded_body = true;
  function.embedded = Trim(code.text);
}

void Parser::ParseParameters(Function& function) {
  Expect(Lex::kOpenParen, "'('");
  if (Accept(Lex::kCloseParen)) return;
  do {
    const Lexeme name = Expect(Lex::kIdentifier, "identifier");
    if (panic_) return;
    const auto same = [&name](const Local& local) { return local.name == name.text; };
    if (std::any_of(function.locals.begin(), function.locals.end(), same)) {
      return FailAt(name, "duplicate parameter name '" + std::string(name.text) + "'");
    }
    if (function.locals.size() == kMostParameters) {
      return FailAt(name, "more than " + std::to_string(kMostParameters) + " parameters");
    }
    Local parameter;
    parameter.name = name.text;
    parameter.first_use = name.AsToken();
    parameter.is_parameter = true;
    parameter.type = ParseOptionalType();
    function.locals.push_back(std::move(parameter));
  } while (Accept(Lex::kComma));
  function.parameter_count = function.locals.size();
  Expect(Lex::kCloseParen, "',' or ')'");
}

}  // namespace podtap::lang
