// --dump=tokens: what the preprocessor hands to the parser.
#include "base/escape.h"
#include "lang/preprocess.h"

namespace podtap::lang {
namespace {

std::string_view ClassName(const Lexeme& lexeme) {
  switch (lexeme.token_class) {
    case source::TokenClass::kIdentifier:
      return "identifier";
    case source::TokenClass::kOperator:
      return "operator";
    case source::TokenClass::kString:
      return "string";
    case source::TokenClass::kNumber:
      return "number";
    case source::TokenClass::kEmbedded:
      return "embedded-code";
    case source::TokenClass::kKeyword:
      return "keyword";
    case source::TokenClass::kJunk:
      break;
  }
  return "junk";
}

// The `$` and `@` that the lexer leaves out of the text.
std::string_view Sigil(const Lexeme& lexeme) {
  if (lexeme.Is(Lex::kTarget)) return "$";
  return lexeme.Is(Lex::kAtWord) ? "@" : "";
}

}  // namespace

std::string DumpTokens(const source::SourceSet& sources, source::FileId file,
                       const Environment& environment, source::Diagnostics& diagnostics) {
  std::string out;
  if (sources.Text(file).size() > kMaxScriptBytes) {
    (void)Parse(sources, file, environment, diagnostics);  // says so
    return out;
  }
  MacroTable macros;
  Preprocessor preprocessor(sources, file, environment, macros);
  while (true) {
    const Lexeme lexeme = preprocessor.Next();
    if (lexeme.Is(Lex::kEnd)) return out;
    if (lexeme.Is(Lex::kJunk)) {
      diagnostics.ParseError(lexeme.span, lexeme.token_class, std::string(lexeme.text));
      if (diagnostics.error_count() > 20) return out;
      continue;
    }
    const source::LineColumn place = sources.Locate(lexeme.span);
    out += std::to_string(place.line) + ':' + std::to_string(place.column) + ' ';
    out += std::string(ClassName(lexeme)) + " '" + std::string(Sigil(lexeme)) +
           Escape(lexeme.text) + "'\n";
  }
}

}  // namespace podtap::lang
