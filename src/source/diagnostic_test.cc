#include "source/diagnostic.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace podtap::source {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// The place of `word` in `text`.
Span Place(const SourceSet& sources, FileId file, std::string_view word) {
  const size_t begin = sources.Text(file).find(word);
  return {file, static_cast<uint32_t>(begin), static_cast<uint32_t>(begin + word.size())};
}

TEST(Render, ParseErrorHasSystemTapsShape) {
  SourceSet sources;
  const FileId file = sources.Add("b02_semi.stp", "probe begin { x = ; }\n");
  Diagnostics diagnostics;
  diagnostics.ParseError(Place(sources, file, ";"), TokenClass::kOperator,
                         "expected literal string or number");
  EXPECT_EQ(Render(sources, diagnostics, false),
            "parse error: expected literal string or number\n"
            "        saw: operator ';' at b02_semi.stp:1:19\n"
            "     source: probe begin { x = ; }\n"
            "                               ^\n"
            "\n");
}

TEST(Render, SemanticErrorsAreSetApartByABlankLine) {
  SourceSet sources;
  const FileId file = sources.Add("b03.stp", "probe signal.sendd { println(\"x\") }\n");
  Diagnostics diagnostics;
  Diagnostic mismatch;
  mismatch.message = "probe point mismatch";
  mismatch.similar = {"send", "handle"};
  mismatch.span = Place(sources, file, "sendd");
  mismatch.used_from = Place(sources, file, "signal");
  diagnostics.Add(mismatch);
  EXPECT_EQ(Render(sources, diagnostics, false),
            "semantic error: while resolving probe point: identifier 'signal' at b03.stp:1:7\n"
            "        source: probe signal.sendd { println(\"x\") }\n"
            "                      ^\n"
            "\n"
            "semantic error: probe point mismatch (similar: send, handle): identifier 'sendd' at "
            "b03.stp:1:14\n"
            "        source: probe signal.sendd { println(\"x\") }\n"
            "                             ^\n"
            "\n");
}

TEST(Render, WarningsCanBeLeftOut) {
  SourceSet sources;
  const FileId file = sources.Add("f.stp", "probe signal.send { if (sigpid) next }");
  Diagnostics diagnostics;
  diagnostics.Warning(Place(sources, file, "sigpid"), TokenClass::kIdentifier,
                      "never-assigned local variable 'sigpid'", {"sig_pid"});
  EXPECT_EQ(Render(sources, diagnostics, false),
            "WARNING: never-assigned local variable 'sigpid' (similar: sig_pid): identifier "
            "'sigpid' at f.stp:1:25\n"
            " source: probe signal.send { if (sigpid) next }\n"
            "                                 ^\n");
  EXPECT_EQ(Render(sources, diagnostics, false, false), "");
  EXPECT_FALSE(diagnostics.has_errors());
}

TEST(Render, IdenticalErrorsAreFolded) {
  SourceSet sources;
  const FileId file = sources.Add("f.stp", "probe x { y() y() }");
  Diagnostics diagnostics;
  for (int i = 0; i < 4; ++i) {
    diagnostics.SemanticError({file, 10, 11}, TokenClass::kIdentifier, "unresolved function y");
  }
  diagnostics.SemanticError({file, 14, 15}, TokenClass::kIdentifier, "unresolved function y");
  const std::string text = Render(sources, diagnostics, false);
  EXPECT_THAT(text, HasSubstr("f.stp:1:11"));
  EXPECT_THAT(text, HasSubstr("f.stp:1:15"));
  EXPECT_THAT(text, HasSubstr("Number of similar error messages suppressed: 3.\n"));
  EXPECT_EQ(diagnostics.error_count(), 5u);
}

TEST(Render, EndOfFileHasNoSourceLine) {
  SourceSet sources;
  const FileId file = sources.Add("f.stp", "probe begin {\n");
  Diagnostics diagnostics;
  diagnostics.ParseError({file, 14, 14}, TokenClass::kJunk, "expected '}'");
  EXPECT_EQ(Render(sources, diagnostics, false),
            "parse error: expected '}'\n        saw: f.stp EOF\n\n");
}

TEST(Render, AMessageWithoutAPlaceStandsAlone) {
  SourceSet sources;
  Diagnostics diagnostics;
  diagnostics.SemanticError({}, TokenClass::kIdentifier, "no probes found");
  diagnostics.ParseError({}, TokenClass::kJunk, "too long");
  EXPECT_EQ(Render(sources, diagnostics, false),
            "semantic error: no probes found\n\nparse error: too long\n\n");
}

TEST(Render, TheCaretFollowsTabsWideCharactersAndEscapes) {
  SourceSet sources;
  // A tab, an escape sequence, a two-byte character and a broken one.
  const FileId file = sources.Add("f.stp", "\tx\x1b[2J\xc3\xa9\xff;y");
  Diagnostics diagnostics;
  diagnostics.ParseError(Place(sources, file, ";"), TokenClass::kOperator, "no");
  EXPECT_EQ(Render(sources, diagnostics, false),
            "parse error: no\n"
            "        saw: operator ';' at f.stp:1:10\n"
            "     source: \tx\\x1b[2J\xc3\xa9\\xff;y\n"
            "             \t             ^\n\n");
}

TEST(Render, ALongLineIsShownAroundTheColumn) {
  SourceSet sources;
  const FileId file =
      sources.Add("f.stp", std::string(100'000, 'a') + ";" + std::string(9999, 'b'));
  Diagnostics diagnostics;
  diagnostics.ParseError(Place(sources, file, ";"), TokenClass::kOperator, "no");
  const std::string text = Render(sources, diagnostics, false);
  EXPECT_LT(text.size(), 700u);
  EXPECT_THAT(text, HasSubstr("source: ..." + std::string(160, 'a') + ";bbb"));
  EXPECT_THAT(text, HasSubstr("bbb...\n" + std::string(13 + 3 + 160, ' ') + "^\n"));
}

TEST(Render, ColourStandsAroundTheWordsOnly) {
  SourceSet sources;
  const FileId file = sources.Add("f.stp", "x");
  Diagnostics diagnostics;
  diagnostics.ParseError({file, 0, 1}, TokenClass::kIdentifier, "no");
  const std::string text = Render(sources, diagnostics, true);
  EXPECT_THAT(text, HasSubstr("\033[01;31mparse error\033[00m: no\n"));
  EXPECT_THAT(text, HasSubstr("\033[01;32m^\033[00m\n"));
}

TEST(DescribeToken, NamesClassAndText) {
  SourceSet sources;
  const FileId file = sources.Add("f.stp", "if x \"a\nb\" %{ c %} 42 <<< " + std::string(80, 'z'));
  const auto describe = [&](std::string_view word, TokenClass token) {
    return DescribeToken(sources, Place(sources, file, word), token);
  };
  EXPECT_EQ(describe("if", TokenClass::kKeyword), "keyword");
  EXPECT_EQ(describe("x", TokenClass::kIdentifier), "identifier 'x'");
  EXPECT_EQ(describe("\"a\nb\"", TokenClass::kString), "string 'a\\x0ab'");
  EXPECT_EQ(describe("%{ c %}", TokenClass::kEmbedded), "embedded-code");
  EXPECT_EQ(describe("42", TokenClass::kNumber), "number '42'");
  EXPECT_EQ(describe("<<<", TokenClass::kOperator), "operator '<<<'");
  EXPECT_EQ(describe(std::string(80, 'z'), TokenClass::kIdentifier),
            "identifier '" + std::string(60, 'z') + "...'");
}

TEST(Similar, NearestFirst) {
  EXPECT_THAT(Similar("sigpid", {"sig", "sig_pid", "task", "sig_name"}),
              ElementsAre("sig_pid", "sig"));
  EXPECT_THAT(Similar("sendd", {"send", "pending", "handle", "flush"}), ElementsAre("send"));
  EXPECT_THAT(Similar("abcd", {"abce", "abcf", "abcg", "abch"}, 2), ElementsAre("abce", "abcf"));
  EXPECT_THAT(Similar("abcd", {"abce", "abce"}), ElementsAre("abce"));
}

TEST(Similar, NothingWhenNothingIsNear) {
  EXPECT_THAT(Similar("x", {"why", "zed"}), IsEmpty());
  EXPECT_THAT(Similar("", {"a"}), IsEmpty());
  EXPECT_THAT(Similar(std::string(5000, 'a'), {std::string(5000, 'b')}), IsEmpty());
}

}  // namespace
}  // namespace podtap::source
