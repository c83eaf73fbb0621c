// @define and what it defines.
#include <algorithm>

#include "lang/preprocess.h"

namespace podtap::lang {
namespace {

constexpr std::string_view kBuiltinAtWords[] = {
    "avg",      "cast", "const", "count", "define",     "defined", "entry", "hist_linear",
    "hist_log", "max",  "min",   "perf",  "probewrite", "sum",     "var",   "variance",
};

constexpr size_t kMostParameters = 100;
// Lexemes that a macro's body or arguments may have: unlike those of a file, they
// are kept.
constexpr size_t kMostLexemes = 100'000;
// Looking for near names costs; a hostile script has any number of bad ones.
constexpr size_t kMostSuggestions = 20;

int Nesting(Lex kind) {
  switch (kind) {
    case Lex::kOpenParen:
    case Lex::kOpenBracket:
    case Lex::kOpenBrace:
    case Lex::kCondOpen:
      return 1;
    case Lex::kCloseParen:
    case Lex::kCloseBracket:
    case Lex::kCloseBrace:
    case Lex::kCondClose:
      return -1;
    default:
      return 0;
  }
}

}  // namespace

bool IsBuiltinAtWord(std::string_view name) {
  return std::find(std::begin(kBuiltinAtWords), std::end(kBuiltinAtWords), name) !=
         std::end(kBuiltinAtWords);
}

Preprocessor::Outcome Preprocessor::HandleAtWord(const Lexeme& raw) {
  if (raw.text == "define") return Define(raw);
  bool is_parameter = false;
  Outcome out = ExpandParameter(raw, is_parameter);
  if (is_parameter) return out;
  if (IsBuiltinAtWord(raw.text)) return raw;
  const auto found = macros_.macros.find(raw.text);
  if (found == macros_.macros.end()) return Unknown(raw);
  return Expand(raw, found->second);
}

Lexeme Preprocessor::Unknown(const Lexeme& at_word) {
  std::string message = "unknown operator @" + std::string(at_word.text.substr(0, 64));
  if (++unknown_count_ > kMostSuggestions) return Fail(at_word, std::move(message));
  std::vector<std::string> names(std::begin(kBuiltinAtWords), std::end(kBuiltinAtWords));
  for (const auto& [name, macro] : macros_.macros) names.push_back(name);
  const auto similar = source::Similar(at_word.text, names);
  for (size_t i = 0; i < similar.size(); ++i) {
    message += (i == 0 ? " (similar: @" : ", @") + similar[i];
  }
  if (!similar.empty()) message += ')';
  return Fail(at_word, std::move(message));
}

Preprocessor::Outcome Preprocessor::Define(const Lexeme& define) {
  const Lexeme name = PullInFrame();
  if (!name.Is(Lex::kIdentifier)) {
    return Fail(name.Is(Lex::kEnd) ? define : name, "expected the name of a macro");
  }
  Macro macro;
  macro.name = name.span;
  if (Outcome failure = DefineParameters(name, macro)) return failure;
  if (Outcome failure = CollectBody(name, macro.body)) return failure;
  if (IsBuiltinAtWord(name.text)) {
    return Fail(name, "'@" + std::string(name.text) + "' is an operator of the language");
  }
  const auto found = macros_.macros.find(name.text);
  if (found != macros_.macros.end() && found->second->name.file == name.span.file &&
      found->second->name != name.span) {
    return Fail(name, "macro '@" + std::string(name.text) + "' is already defined at " +
                          sources_.Where(found->second->name));
  }
  macros_.macros.insert_or_assign(std::string(name.text),
                                  std::make_shared<const Macro>(std::move(macro)));
  return std::nullopt;
}

Preprocessor::Outcome Preprocessor::DefineParameters(const Lexeme& name, Macro& macro) {
  Lexeme next = PullInFrame();
  if (next.Is(Lex::kOpenParen)) {
    macro.has_parameters = true;
    next = PullInFrame();
    while (next.Is(Lex::kIdentifier)) {
      if (std::find(macro.parameters.begin(), macro.parameters.end(), next.text) !=
          macro.parameters.end()) {
        return Fail(next, "duplicate macro parameter '" + std::string(next.text) + "'");
      }
      if (macro.parameters.size() == kMostParameters) {
        return Fail(next, "more than " + std::to_string(kMostParameters) + " macro parameters");
      }
      macro.parameters.push_back(next.text);
      next = PullInFrame();
      if (!next.Is(Lex::kComma)) break;
      next = PullInFrame();
      if (next.Is(Lex::kIdentifier)) continue;
      return Fail(next.Is(Lex::kEnd) ? name : next, "expected the name of a macro parameter");
    }
    if (!next.Is(Lex::kCloseParen)) {
      return Fail(next.Is(Lex::kEnd) ? name : next, "expected ',' or ')' in macro parameters");
    }
    next = PullInFrame();
  }
  if (next.Is(Lex::kCondOpen)) return std::nullopt;
  return Fail(next.Is(Lex::kEnd) ? name : next, "expected '%(' before the macro's body");
}

Preprocessor::Outcome Preprocessor::CollectBody(const Lexeme& name, std::vector<Lexeme>& body) {
  for (size_t depth = 0;;) {
    const Lexeme raw = PullInFrame();
    if (raw.Is(Lex::kEnd)) return Fail(name, "macro without its closing '%)'");
    if (raw.Is(Lex::kCondOpen)) ++depth;
    if (raw.Is(Lex::kCondClose) && depth-- == 0) return std::nullopt;
    if (body.size() == kMostLexemes) {
      return Fail(name, "macro '@" + std::string(name.text) + "' is too long");
    }
    body.push_back(raw);
  }
}

Preprocessor::Outcome Preprocessor::Expand(const Lexeme& call,
                                           const std::shared_ptr<const Macro>& definition) {
  const std::string name = "'@" + std::string(call.text) + "'";
  if (TooDeep()) {
    Abandon();
    return Fail(call, "macro " + name + " is nested too deeply, or calls itself");
  }
  auto bindings = std::make_shared<Bindings>();
  bindings->macro = definition;
  bindings->outer = frames_.back().scope;
  const Macro* macro = bindings->macro.get();
  if (macro->has_parameters) {
    const std::optional<Lexeme> next = PeekInFrame();
    if (!next || !next->Is(Lex::kOpenParen)) {
      return Fail(call, "macro " + name + " needs arguments in '(' and ')'");
    }
    if (Outcome failure = CollectArguments(call, *bindings)) return failure;
    if (bindings->arguments.size() != macro->parameters.size()) {
      return Fail(call, "macro " + name + " takes " + std::to_string(macro->parameters.size()) +
                            " arguments, " + std::to_string(bindings->arguments.size()) + " given");
    }
  }
  Frame frame;
  frame.at = macro->body.data();
  frame.end = frame.at + macro->body.size();
  frame.scope = bindings;
  frame.owner = bindings;
  Push(std::move(frame));
  return std::nullopt;
}

Preprocessor::Outcome Preprocessor::CollectArguments(const Lexeme& call, Bindings& bindings) {
  (void)PullInFrame();  // the `(`
  std::vector<Lexeme> argument;
  bool is_empty = true;
  size_t count = 0;
  for (int depth = 0;;) {
    const Lexeme raw = PullInFrame();
    if (raw.Is(Lex::kEnd)) return Fail(call, "macro arguments without their closing ')'");
    if (++count > kMostLexemes) return Fail(call, "macro arguments are too long");
    if (depth == 0 && raw.Is(Lex::kCloseParen)) break;
    is_empty = false;
    if (depth == 0 && raw.Is(Lex::kComma)) {
      bindings.arguments.push_back(std::move(argument));
      argument.clear();
      continue;
    }
    depth += Nesting(raw.kind);
    if (depth < 0) return Fail(raw, "expected ')' after the macro's arguments");
    argument.push_back(raw);
  }
  // `@m()` gives one empty argument to a macro of one parameter.
  if (!is_empty || bindings.macro->parameters.size() == 1) {
    bindings.arguments.push_back(std::move(argument));
  }
  return std::nullopt;
}

Preprocessor::Outcome Preprocessor::ExpandParameter(const Lexeme& use, bool& found) {
  const Scope scope = frames_.back().scope;
  if (!scope) return std::nullopt;
  const auto& names = scope->macro->parameters;
  const auto name = std::find(names.begin(), names.end(), use.text);
  if (name == names.end()) return std::nullopt;
  found = true;
  if (TooDeep()) {
    Abandon();
    return Fail(use, "macros are nested too deeply");
  }
  const auto& argument = scope->arguments[static_cast<size_t>(name - names.begin())];
  Frame frame;
  frame.at = argument.data();
  frame.end = frame.at + argument.size();
  frame.scope = scope->outer;
  frame.owner = scope;
  Push(std::move(frame));
  return std::nullopt;
}

}  // namespace podtap::lang
