// The words of the language: kinds of lexemes and their one table.
//
// What enters: nothing. What leaves: names for the lexer, the preprocessor and
// the parser. A lexeme is 40 bytes and owns nothing: its text is a view of the
// SourceSet, of the Environment's arguments, or of a constant.
#pragma once

#include <cstdint>
#include <string_view>

#include "lang/tree.h"
#include "source/source.h"

namespace podtap::lang {

enum class Lex : uint8_t {
  kEnd,
  kJunk,  // text is the message of what is wrong
  kIdentifier,
  kTarget,  // $name, $$name; text without the first `$`
  kAtWord,  // @name; text without the `@`
  kNumber,
  kString,             // text between the quotes, escapes not resolved
  kRawString,          // a script argument (@1): taken as it is
  kEmbedded,           // text between %{ and %}
  kArgument,           // $1; text is the digits
  kArgumentText,       // @1
  kArgumentCount,      // $#
  kArgumentCountText,  // @#
  // Keywords.
  kProbe,
  kGlobal,
  kPrivate,
  kFunction,
  kIf,
  kElse,
  kFor,
  kForeach,
  kIn,
  kLimit,
  kReturn,
  kDelete,
  kWhile,
  kBreak,
  kContinue,
  kNext,
  kStringType,
  kLongType,
  kTry,
  kCatch,
  // The preprocessor's operators.
  kCondOpen,
  kCondThen,
  kCondElse,
  kCondClose,
  // Operators.
  kOpenBrace,
  kCloseBrace,
  kOpenParen,
  kCloseParen,
  kOpenBracket,
  kCloseBracket,
  kSemicolon,
  kComma,
  kColon,
  kQuestion,
  kDot,
  kArrow,
  kPretty,
  kPrettyDeep,
  kPlus,
  kMinus,
  kStar,
  kSlash,
  kPercent,
  kShl,
  kShr,
  kShrLogical,
  kAmp,
  kPipe,
  kCaret,
  kBang,
  kTilde,
  kAndAnd,
  kOrOr,
  kPlusPlus,
  kMinusMinus,
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kMatch,
  kNotMatch,
  kAssign,
  kAddAssign,
  kSubAssign,
  kMulAssign,
  kDivAssign,
  kModAssign,
  kShlAssign,
  kShrAssign,
  kShrLogicalAssign,
  kAndAssign,
  kOrAssign,
  kXorAssign,
  kConcatAssign,
  kStatPush,
};

struct Lexeme {
  Lex kind = Lex::kEnd;
  source::TokenClass token_class = source::TokenClass::kJunk;
  source::Span span;
  std::string_view text;

  Token AsToken() const { return {span, token_class}; }
  bool Is(Lex k) const { return kind == k; }
};

struct Spelling {
  std::string_view text;
  Lex kind;
};

// The keyword that `word` is, or kIdentifier.
Lex KeywordKind(std::string_view word);
bool IsKeyword(Lex kind);

// The longest operator at the start of `text`; an empty spelling for none.
Spelling OperatorAt(std::string_view text);

}  // namespace podtap::lang
