#include "lang/lexeme.h"

#include <array>

namespace podtap::lang {
namespace {

constexpr Spelling kKeywords[] = {
    {"probe", Lex::kProbe},
    {"global", Lex::kGlobal},
    {"private", Lex::kPrivate},
    {"function", Lex::kFunction},
    {"if", Lex::kIf},
    {"else", Lex::kElse},
    {"for", Lex::kFor},
    {"foreach", Lex::kForeach},
    {"in", Lex::kIn},
    {"limit", Lex::kLimit},
    {"return", Lex::kReturn},
    {"delete", Lex::kDelete},
    {"while", Lex::kWhile},
    {"break", Lex::kBreak},
    {"continue", Lex::kContinue},
    {"next", Lex::kNext},
    {"string", Lex::kStringType},
    {"long", Lex::kLongType},
    {"try", Lex::kTry},
    {"catch", Lex::kCatch},
};

// Grouped by first character, the longest of a group first.
constexpr Spelling kOperators[] = {
    {"!~", Lex::kNotMatch},
    {"!=", Lex::kNotEqual},
    {"!", Lex::kBang},
    {"$$", Lex::kPrettyDeep},
    {"$", Lex::kPretty},
    {"%(", Lex::kCondOpen},
    {"%?", Lex::kCondThen},
    {"%:", Lex::kCondElse},
    {"%)", Lex::kCondClose},
    {"%=", Lex::kModAssign},
    {"%", Lex::kPercent},
    {"&&", Lex::kAndAnd},
    {"&=", Lex::kAndAssign},
    {"&", Lex::kAmp},
    {"(", Lex::kOpenParen},
    {")", Lex::kCloseParen},
    {"*=", Lex::kMulAssign},
    {"*", Lex::kStar},
    {"++", Lex::kPlusPlus},
    {"+=", Lex::kAddAssign},
    {"+", Lex::kPlus},
    {",", Lex::kComma},
    {"--", Lex::kMinusMinus},
    {"-=", Lex::kSubAssign},
    {"->", Lex::kArrow},
    {"-", Lex::kMinus},
    {".=", Lex::kConcatAssign},
    {".", Lex::kDot},
    {"/=", Lex::kDivAssign},
    {"/", Lex::kSlash},
    {":", Lex::kColon},
    {";", Lex::kSemicolon},
    {"<<<", Lex::kStatPush},
    {"<<=", Lex::kShlAssign},
    {"<<", Lex::kShl},
    {"<=", Lex::kLessEqual},
    {"<", Lex::kLess},
    {"==", Lex::kEqual},
    {"=~", Lex::kMatch},
    {"=", Lex::kAssign},
    {">>>=", Lex::kShrLogicalAssign},
    {">>>", Lex::kShrLogical},
    {">>=", Lex::kShrAssign},
    {">>", Lex::kShr},
    {">=", Lex::kGreaterEqual},
    {">", Lex::kGreater},
    {"?", Lex::kQuestion},
    {"[", Lex::kOpenBracket},
    {"]", Lex::kCloseBracket},
    {"^=", Lex::kXorAssign},
    {"^", Lex::kCaret},
    {"{", Lex::kOpenBrace},
    {"||", Lex::kOrOr},
    {"|=", Lex::kOrAssign},
    {"|", Lex::kPipe},
    {"}", Lex::kCloseBrace},
    {"~", Lex::kTilde},
};
constexpr uint8_t kNone = 255;

// First character → where its group begins.
constexpr std::array<uint8_t, 128> GroupStarts() {
  std::array<uint8_t, 128> starts{};
  starts.fill(kNone);
  static_assert(std::size(kOperators) < kNone);
  for (size_t i = 0; i < std::size(kOperators); ++i) {
    auto& start = starts[static_cast<unsigned char>(kOperators[i].text[0])];
    if (start == kNone) start = static_cast<uint8_t>(i);
  }
  return starts;
}
constexpr std::array<uint8_t, 128> kGroupStarts = GroupStarts();

}  // namespace

Lex KeywordKind(std::string_view word) {
  if (word.size() < 2 || word.size() > 8) return Lex::kIdentifier;
  for (const Spelling& keyword : kKeywords) {
    if (keyword.text == word) return keyword.kind;
  }
  return Lex::kIdentifier;
}

bool IsKeyword(Lex kind) { return kind >= Lex::kProbe && kind <= Lex::kCatch; }

Spelling OperatorAt(std::string_view text) {
  if (text.empty()) return {"", Lex::kJunk};
  const auto first = static_cast<unsigned char>(text[0]);
  if (first >= kGroupStarts.size() || kGroupStarts[first] == kNone) return {"", Lex::kJunk};
  for (size_t i = kGroupStarts[first]; i < std::size(kOperators); ++i) {
    if (kOperators[i].text[0] != text[0]) break;
    if (text.starts_with(kOperators[i].text)) return kOperators[i];
  }
  return {"", Lex::kJunk};
}

}  // namespace podtap::lang
