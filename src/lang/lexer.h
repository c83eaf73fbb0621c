// Lexer: bytes of a script → lexemes, one at a time.
//
// What enters: any bytes at all. What leaves: lexemes, kEnd for ever at the end;
// what isn't a word is one kJunk lexeme whose text says why. Nothing is printed
// here: junk in a branch that the preprocessor skips harms nobody.
#pragma once

#include <string_view>

#include "lang/lexeme.h"

namespace podtap::lang {

class Lexer {
 public:
  Lexer(source::FileId file, std::string_view text) : text_(text), file_(file) {}
  // A script argument pasted at `place`: all its lexemes stand there.
  Lexer(source::Span place, std::string_view text)
      : text_(text), file_(place.file), place_(place), is_pasted_(true) {}

  Lexeme Next();

 private:
  Lexeme Make(Lex kind, source::TokenClass token_class, size_t begin, std::string_view text);
  Lexeme Junk(size_t begin, std::string_view message);
  bool SkipBlank();  // false for an unterminated comment
  Lexeme Word(size_t begin);
  Lexeme NumberAt(size_t begin);
  Lexeme StringAt(size_t begin);
  Lexeme DollarAt(size_t begin);
  Lexeme AtSignAt(size_t begin);
  Lexeme EmbeddedAt(size_t begin);
  Lexeme OperatorOrJunk(size_t begin);
  char At(size_t i) const { return i < text_.size() ? text_[i] : '\0'; }
  size_t WordEnd(size_t begin) const;

  std::string_view text_;
  size_t at_ = 0;
  source::FileId file_;
  source::Span place_;
  bool is_pasted_ = false;
};

// The value of a number as written: decimal, 0 octal, 0x hexadecimal, up to 64
// bits (2^63 and above wrap, as in C). False when it isn't one.
bool ParseNumber(std::string_view text, int64_t& value);

// Resolves the escapes of C. A NUL that they make ends the string, as it does
// everywhere else in a script.
std::string Unescape(std::string_view text);

}  // namespace podtap::lang
