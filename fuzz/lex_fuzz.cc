// libFuzzer over the lexer and the preprocessor: any bytes end in kEnd, with
// every lexeme inside of the text and none before the last one.
//
// Input: the text of a script.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "lang/lang.h"
#include "lang/lexer.h"
#include "lang/quote.h"

using namespace podtap;

namespace {

void LexAll(std::string_view text) {
  lang::Lexer lexer(0, text);
  uint32_t at = 0;
  while (true) {
    const lang::Lexeme lexeme = lexer.Next();
    if (lexeme.span.begin < at || lexeme.span.end < lexeme.span.begin) __builtin_trap();
    if (lexeme.span.end > text.size()) __builtin_trap();
    if (lexeme.Is(lang::Lex::kEnd)) return;
    if (lexeme.span.end == lexeme.span.begin) __builtin_trap();  // no progress
    at = lexeme.span.end;
    int64_t value = 0;
    (void)lang::ParseNumber(lexeme.text, value);
    const std::string plain = lang::Unescape(lexeme.text);
    const std::string quoted = lang::Quote(plain);
    if (lang::Unescape(std::string_view(quoted).substr(1, quoted.size() - 2)) != plain) {
      __builtin_trap();
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  LexAll(text);

  source::SourceSet sources;
  const source::FileId file = sources.Add("fuzz.stp", text);
  lang::Environment environment;
  environment.args = {"1", "x + $1", "\"open"};
  environment.kernel_config = {{"CONFIG_X", "y"}};
  source::Diagnostics diagnostics;
  (void)lang::DumpTokens(sources, file, environment, diagnostics);
  (void)source::Render(sources, diagnostics, true);
  return 0;
}
