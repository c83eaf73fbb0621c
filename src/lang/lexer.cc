#include "lang/lexer.h"

#include <algorithm>
#include <limits>

namespace podtap::lang {
namespace {

using source::TokenClass;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsWordStart(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool IsWord(char c) { return IsWordStart(c) || IsDigit(c); }
bool IsBlank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

}  // namespace

Lexeme Lexer::Make(Lex kind, TokenClass token_class, size_t begin, std::string_view text) {
  Lexeme lexeme;
  lexeme.kind = kind;
  lexeme.token_class = token_class;
  lexeme.text = text;
  lexeme.span = is_pasted_
                    ? place_
                    : source::Span{file_, static_cast<uint32_t>(begin), static_cast<uint32_t>(at_)};
  return lexeme;
}

Lexeme Lexer::Junk(size_t begin, std::string_view message) {
  return Make(Lex::kJunk, TokenClass::kJunk, begin, message);
}

bool Lexer::SkipBlank() {
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (IsBlank(c)) {
      ++at_;
    } else if (c == '#' || (c == '/' && At(at_ + 1) == '/')) {
      at_ = std::min(text_.find('\n', at_), text_.size());
    } else if (c == '/' && At(at_ + 1) == '*') {
      const size_t close = text_.find("*/", at_ + 2);
      if (close == std::string_view::npos) return false;
      at_ = close + 2;
    } else {
      break;
    }
  }
  return true;
}

Lexeme Lexer::Next() {
  if (!SkipBlank()) {
    const size_t begin = at_;
    at_ = begin + 2;
    const Lexeme junk = Junk(begin, "comment without its closing '*/'");
    at_ = text_.size();
    return junk;
  }
  const size_t begin = at_;
  if (begin >= text_.size()) return Make(Lex::kEnd, TokenClass::kJunk, begin, {});
  const char c = text_[begin];
  if (IsWordStart(c)) return Word(begin);
  if (IsDigit(c)) return NumberAt(begin);
  if (c == '"') return StringAt(begin);
  if (c == '$') return DollarAt(begin);
  if (c == '@') return AtSignAt(begin);
  if (c == '%' && At(begin + 1) == '{') return EmbeddedAt(begin);
  return OperatorOrJunk(begin);
}

size_t Lexer::WordEnd(size_t begin) const {
  size_t end = begin;
  while (end < text_.size() && IsWord(text_[end])) ++end;
  return end;
}

Lexeme Lexer::Word(size_t begin) {
  at_ = WordEnd(begin);
  const std::string_view word = text_.substr(begin, at_ - begin);
  const Lex kind = KeywordKind(word);
  return Make(kind, kind == Lex::kIdentifier ? TokenClass::kIdentifier : TokenClass::kKeyword,
              begin, word);
}

Lexeme Lexer::NumberAt(size_t begin) {
  // Letters are taken along, so that 12ab is one bad number and not two words.
  at_ = WordEnd(begin);
  return Make(Lex::kNumber, TokenClass::kNumber, begin, text_.substr(begin, at_ - begin));
}

Lexeme Lexer::StringAt(size_t begin) {
  bool has_nul = false;
  for (size_t i = begin + 1; i < text_.size(); ++i) {
    const char c = text_[i];
    if (c == '"') {
      at_ = i + 1;
      if (has_nul) return Junk(begin, "string holds a NUL byte");
      return Make(Lex::kString, TokenClass::kString, begin, text_.substr(begin + 1, i - begin - 1));
    }
    if (c == '\n') break;
    if (c == '\0') has_nul = true;
    if (c == '\\') ++i;  // also joins lines: backslash, newline
  }
  at_ = std::min(text_.find('\n', begin), text_.size());
  return Junk(begin, "string without its closing quote");
}

Lexeme Lexer::DollarAt(size_t begin) {
  const char next = At(begin + 1);
  if (next == '#') {
    at_ = begin + 2;
    return Make(Lex::kArgumentCount, TokenClass::kNumber, begin, text_.substr(begin, 2));
  }
  if (IsDigit(next)) {
    at_ = WordEnd(begin + 1);
    return Make(Lex::kArgument, TokenClass::kJunk, begin, text_.substr(begin + 1, at_ - begin - 1));
  }
  if (IsWordStart(next) || (next == '$' && IsWordStart(At(begin + 2)))) {
    at_ = WordEnd(begin + (next == '$' ? 2 : 1));
    return Make(Lex::kTarget, TokenClass::kIdentifier, begin,
                text_.substr(begin + 1, at_ - begin - 1));
  }
  return OperatorOrJunk(begin);
}

Lexeme Lexer::AtSignAt(size_t begin) {
  const char next = At(begin + 1);
  if (next == '#') {
    at_ = begin + 2;
    return Make(Lex::kArgumentCountText, TokenClass::kString, begin, text_.substr(begin, 2));
  }
  at_ = WordEnd(begin + 1);
  const std::string_view word = text_.substr(begin + 1, at_ - begin - 1);
  if (IsDigit(next)) return Make(Lex::kArgumentText, TokenClass::kJunk, begin, word);
  return Make(Lex::kAtWord, TokenClass::kOperator, begin, word);
}

Lexeme Lexer::EmbeddedAt(size_t begin) {
  const size_t close = text_.find("%}", begin + 2);
  if (close == std::string_view::npos) {
    at_ = begin + 2;
    const Lexeme junk = Junk(begin, "embedded code without its closing '%}'");
    at_ = text_.size();
    return junk;
  }
  at_ = close + 2;
  return Make(Lex::kEmbedded, TokenClass::kEmbedded, begin,
              text_.substr(begin + 2, close - begin - 2));
}

Lexeme Lexer::OperatorOrJunk(size_t begin) {
  const Spelling found = OperatorAt(text_.substr(begin));
  if (!found.text.empty()) {
    at_ = begin + found.text.size();
    return Make(found.kind, TokenClass::kOperator, begin, found.text);
  }
  // One junk lexeme for a run of bytes that can't begin any word.
  at_ = begin + 1;
  while (at_ < text_.size()) {
    const auto byte = static_cast<unsigned char>(text_[at_]);
    if ((byte >= 0x20 && byte < 0x7F) || IsBlank(text_[at_])) break;
    ++at_;
  }
  return Junk(begin, "a character that no script has");
}

bool ParseNumber(std::string_view text, int64_t& value) {
  uint64_t base = 10;
  if (text.starts_with("0x") || text.starts_with("0X")) {
    base = 16;
    text.remove_prefix(2);
  } else if (text.size() > 1 && text[0] == '0') {
    base = 8;
    text.remove_prefix(1);
  }
  if (text.empty()) return false;
  uint64_t sum = 0;
  for (const char c : text) {
    uint64_t digit = base;
    if (IsDigit(c)) digit = static_cast<uint64_t>(c - '0');
    if (c >= 'a' && c <= 'f') digit = static_cast<uint64_t>(c - 'a') + 10;
    if (c >= 'A' && c <= 'F') digit = static_cast<uint64_t>(c - 'A') + 10;
    if (digit >= base) return false;
    if (sum > (std::numeric_limits<uint64_t>::max() - digit) / base) return false;
    sum = sum * base + digit;
  }
  value = static_cast<int64_t>(sum);
  return true;
}

}  // namespace podtap::lang
