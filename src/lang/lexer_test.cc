#include "lang/lexer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lang/lang.h"
#include "lang/quote.h"

namespace podtap::lang {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> Words(std::string_view text) {
  Lexer lexer(0, text);
  std::vector<std::string> words;
  for (Lexeme lexeme = lexer.Next(); !lexeme.Is(Lex::kEnd); lexeme = lexer.Next()) {
    words.push_back((lexeme.Is(Lex::kJunk) ? "junk: " : "") + std::string(lexeme.text));
  }
  return words;
}

std::vector<Lex> Kinds(std::string_view text) {
  Lexer lexer(0, text);
  std::vector<Lex> kinds;
  for (Lexeme lexeme = lexer.Next(); !lexeme.Is(Lex::kEnd); lexeme = lexer.Next()) {
    kinds.push_back(lexeme.kind);
  }
  return kinds;
}

TEST(Lexer, TheLongestOperatorWins) {
  EXPECT_THAT(Words("a<<<b<<=c<<d<=e<f"),
              ElementsAre("a", "<<<", "b", "<<=", "c", "<<", "d", "<=", "e", "<", "f"));
  EXPECT_THAT(Words(">>>= >>> >>= >> >="), ElementsAre(">>>=", ">>>", ">>=", ">>", ">="));
  EXPECT_THAT(Words("=~ !~ == != ->"), ElementsAre("=~", "!~", "==", "!=", "->"));
  EXPECT_THAT(
      Words(".= . ++ += && &= || |= ^= %= *= /= -="),
      ElementsAre(".=", ".", "++", "+=", "&&", "&=", "||", "|=", "^=", "%=", "*=", "/=", "-="));
  EXPECT_THAT(Words("%( %? %: %)"), ElementsAre("%(", "%?", "%:", "%)"));
}

TEST(Lexer, CommentsOfAllThreeKinds) {
  EXPECT_THAT(Words("a # b\nc // d\ne /* f\n g */ h"), ElementsAre("a", "c", "e", "h"));
  EXPECT_THAT(Words("a /* b"), ElementsAre("a", "junk: comment without its closing '*/'"));
  EXPECT_THAT(Words("a/b"), ElementsAre("a", "/", "b"));
}

TEST(Lexer, TargetsArgumentsAndAtWords) {
  EXPECT_THAT(
      Kinds("$x $$vars $1 @1 $# @# @cast @"),
      ElementsAre(Lex::kTarget, Lex::kTarget, Lex::kArgument, Lex::kArgumentText,
                  Lex::kArgumentCount, Lex::kArgumentCountText, Lex::kAtWord, Lex::kAtWord));
  EXPECT_THAT(Words("$x$ $y$$ $$parms$"), ElementsAre("x", "$", "y", "$$", "$parms", "$"));
}

TEST(Lexer, StringsAndEmbeddedCode) {
  EXPECT_THAT(Words(R"("a\"b" "c\\" x)"), ElementsAre(R"(a\"b)", R"(c\\)", "x"));
  EXPECT_THAT(Words("\"abc\nx"), ElementsAre("junk: string without its closing quote", "x"));
  EXPECT_THAT(Words("\"abc\\"), ElementsAre("junk: string without its closing quote"));
  EXPECT_THAT(Words("\"a\\\nb\""), ElementsAre("a\\\nb"));
  EXPECT_THAT(Words(std::string_view("\"a\0b\"", 5)), ElementsAre("junk: string holds a NUL byte"));
  EXPECT_THAT(Words("%{ x } %} y"), ElementsAre(" x } ", "y"));
  EXPECT_THAT(Words("%{ x"), ElementsAre("junk: embedded code without its closing '%}'"));
}

TEST(Lexer, BytesThatNoScriptHasAreOneJunk) {
  EXPECT_THAT(Words(std::string_view("a \0\0\xff\xfe b", 8)),
              ElementsAre("a", "junk: a character that no script has", "b"));
  EXPECT_THAT(Words(std::string(100'000, '\0')).size(), 1u);
  EXPECT_THAT(Words("`a"), ElementsAre("junk: a character that no script has", "a"));
}

TEST(Lexer, SpansCoverTheWholeWord) {
  Lexer lexer(3, "  $abc \"xy\"");
  EXPECT_EQ(lexer.Next().span, (source::Span{3, 2, 6}));
  EXPECT_EQ(lexer.Next().span, (source::Span{3, 7, 11}));
  EXPECT_EQ(lexer.Next().span, (source::Span{3, 11, 11}));
}

struct NumberCase {
  std::string_view text;
  bool valid;
  int64_t value;
};

TEST(ParseNumber, AllBasesAndTheirLimits) {
  constexpr NumberCase kCases[] = {
      {"0", true, 0},
      {"42", true, 42},
      {"052", true, 42},
      {"0x2a", true, 42},
      {"0X2A", true, 42},
      {"9223372036854775807", true, INT64_MAX},
      {"08", false, 0},
      {"18446744073709551615", true, -1},
      {"0x", false, 0},
      {"18446744073709551616", false, 0},
      {"12ab", false, 0},
      {"0xffffffffffffffff", true, -1},
      {"1_000", false, 0},
      {"0x10000000000000000", false, 0},
      {"99999999999999999999", false, 0},
  };
  for (const NumberCase& c : kCases) {
    int64_t value = 0;
    EXPECT_EQ(ParseNumber(c.text, value), c.valid) << c.text;
    if (!c.valid) continue;
    EXPECT_EQ(value, c.value) << c.text;
  }
}

TEST(Unescape, TheEscapesOfC) {
  EXPECT_EQ(Unescape(R"(a\n\t\\\"\q\a)"), "a\n\t\\\"q\a");
  EXPECT_EQ(Unescape(R"(\101\x41\x4g\1012)"), "AA\x04gA2");
  EXPECT_EQ(Unescape(R"(\x)"), "x");
  EXPECT_EQ(Unescape("a\\\nb"), "ab");
  EXPECT_EQ(Unescape(R"(ab\0cd)"), "ab");
  EXPECT_EQ(Unescape("\\"), "\\");
  EXPECT_EQ(Unescape("\xff\xc3\xa9"), "\xff\xc3\xa9");
}

TEST(Quote, IsReadBackAsTheSameText) {
  for (const std::string text : {"plain", "a\nb\t\"c\"\\",
                                 "\x01"
                                 "1\x7f",
                                 "\xc3\xa9\xff"}) {
    const std::string quoted = Quote(text);
    EXPECT_EQ(Unescape(std::string_view(quoted).substr(1, quoted.size() - 2)), text);
  }
  EXPECT_EQ(Quote("a\x01"
                  "1"),
            R"("a\0011")");
}

TEST(DumpTokens, OneALineAfterPreprocessing) {
  source::SourceSet sources;
  Environment environment;
  environment.args = {"pid + 1"};
  const auto file = sources.Add("t.stp",
                                "@define twice(x) %( @x @x %)\nprobe begin { a = $1 %( arch == "
                                "\"s390\" %? no %: @twice($y) %) }");
  source::Diagnostics diagnostics;
  EXPECT_EQ(DumpTokens(sources, file, environment, diagnostics),
            "2:1 keyword 'probe'\n2:7 identifier 'begin'\n2:13 operator '{'\n"
            "2:15 identifier 'a'\n2:17 operator '='\n"
            "2:19 identifier 'pid'\n2:19 operator '+'\n2:19 number '1'\n"
            "2:56 identifier '$y'\n2:56 identifier '$y'\n2:63 operator '}'\n");
  EXPECT_FALSE(diagnostics.has_errors());
}

}  // namespace
}  // namespace podtap::lang
