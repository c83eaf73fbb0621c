#include "lang/preprocess.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lang/condition.h"
#include "lang/parse_testing.h"

namespace podtap::lang {
namespace {

using ::testing::HasSubstr;

Environment Machine() {
  Environment environment;
  environment.kernel_release = "6.1.0-18-amd64";
  environment.arch = "x86_64";
  environment.systemtap_version = "5.2";
  environment.args = {"42", "a \"b\"", "x + 1"};
  environment.kernel_config = {
      {"CONFIG_HZ", "250"}, {"CONFIG_BPF", "y"}, {"CONFIG_LSM", "\"lockdown,bpf\""}};
  return environment;
}

// The lexemes that are left, with spaces between.
std::string Preprocessed(const std::string& text, const Environment& environment = Machine()) {
  source::SourceSet sources;
  MacroTable macros;
  Preprocessor preprocessor(sources, sources.Add("t.stp", text), environment, macros);
  std::string out;
  for (Lexeme lexeme = preprocessor.Next(); !lexeme.Is(Lex::kEnd); lexeme = preprocessor.Next()) {
    if (!out.empty()) out += ' ';
    if (lexeme.Is(Lex::kJunk)) return out + "junk: " + std::string(lexeme.text);
    if (lexeme.Is(Lex::kRawString)) out += "raw:";
    out += lexeme.text;
  }
  return out;
}

bool Holds(const std::string& condition) {
  const std::string out = Preprocessed("%( " + condition + " %? yes %: no %)");
  EXPECT_TRUE(out == "yes" || out == "no") << condition << ": " << out;
  return out == "yes";
}

TEST(Conditional, EveryName) {
  for (const std::string condition : {"kernel_v >= \"6.1\"",
                                      "kernel_v == \"6.1.0\"",
                                      "kernel_vr != \"6.1.0\"",
                                      "kernel_vr > \"6.1.0-9\"",
                                      "kernel_v < \"6.10\"",
                                      "kernel_v == \"6.*\"",
                                      "kernel_vr == \"*-amd64\"",
                                      "arch == \"x86_64\"",
                                      "arch == \"x86*\"",
                                      "arch != \"s390\"",
                                      "systemtap_v >= \"4.10\"",
                                      "runtime == \"bpf\"",
                                      "runtime != \"dyninst\"",
                                      "guru_mode == 0",
                                      "CONFIG_BPF == \"y\"",
                                      "CONFIG_HZ == 250",
                                      "CONFIG_HZ >= 100",
                                      "CONFIG_LSM == \"*bpf*\"",
                                      "CONFIG_NONE != \"y\"",
                                      "CONFIG_NONE == \"n\"",
                                      "CONFIG_NONE == \"undefined\"",
                                      "1 < 2",
                                      "0x10 == 16",
                                      "\"a\" < \"b\"",
                                      "$# == 3",
                                      "@# == \"3\"",
                                      "$1 == 42",
                                      "@1 == \"4?\"",
                                      "1 == 1 && 2 == 2",
                                      "1 == 2 || 2 == 2",
                                      "1 == 1 || 1 == 2 && 1 == 2"}) {
    EXPECT_TRUE(Holds(condition)) << condition;
  }
  for (const std::string condition :
       {"kernel_v < \"6.1\"", "guru_mode == 1", "arch == \"arm64\"", "CONFIG_BPF != \"y\"",
        "1 == 2 && 1 == 1", "1 != 1", "CONFIG_NONE == \"y\"", "CONFIG_NONE != \"n\""}) {
    EXPECT_FALSE(Holds(condition)) << condition;
  }
}

TEST(Conditional, BranchesNestAndMayBeMissing) {
  EXPECT_EQ(Preprocessed("a %( 1 == 2 %? b %) c"), "a c");
  EXPECT_EQ(Preprocessed("a %( 1 == 1 %? b %) c"), "a b c");
  EXPECT_EQ(Preprocessed("%( 1 == 1 %? %( 1 == 2 %? a %: b %) c %: %( 1 == 1 %? d %) %) e"),
            "b c e");
  EXPECT_EQ(Preprocessed("%( 1 == 2 %? %( 1 == 1 %? a %: b %) c %: d %( 1 == 1 %? e %) %) f"),
            "d e f");
  EXPECT_EQ(Preprocessed("%( 1 == 1 %? %) a"), "a");
}

TEST(Conditional, ASkippedBranchIsNotJudged) {
  EXPECT_EQ(Preprocessed("%( 1 == 2 %? $9 @nosuch \x01 %: ok %)"), "ok");
  EXPECT_EQ(Preprocessed("%( $# >= 4 %? $4 %: 7 %)"), "7");
}

TEST(Conditional, WhatIsWrongIsSaid) {
  EXPECT_THAT(Preprocessed("%( 1 == 1 %? a"), HasSubstr("incomplete conditional at end of file"));
  EXPECT_THAT(Preprocessed("%( 1 == 2 %? a"), HasSubstr("incomplete conditional at end of file"));
  EXPECT_THAT(Preprocessed("%( 1 == 1 a %)"), HasSubstr("expected '%?', '&&' or '||'"));
  EXPECT_THAT(Preprocessed("%( 1 + 1 %? a %)"), HasSubstr("expected a comparison"));
  EXPECT_THAT(Preprocessed("%( kernel_v > 6 %? a %)"), HasSubstr("expected a version in quotes"));
  EXPECT_THAT(Preprocessed("%( arch > \"a\" %? a %)"), HasSubstr("expected '==' or '!='"));
  EXPECT_THAT(Preprocessed("%( nosuch == 1 %? a %)"), HasSubstr("expected 'arch', 'kernel_v'"));
  EXPECT_THAT(Preprocessed("%( \"a\" == 1 %? a %)"), HasSubstr("expected a string"));
  EXPECT_THAT(Preprocessed("%( %( %( "), HasSubstr("before another conditional"));
  EXPECT_THAT(Preprocessed("a %: b"), HasSubstr("'%:' without a conditional"));
  EXPECT_THAT(Preprocessed("a %) b"), HasSubstr("'%)' without a conditional"));
  EXPECT_THAT(Preprocessed("a %? b"), HasSubstr("'%?' without a conditional"));
}

TEST(CompareVersions, AsPackageManagersDo) {
  const std::pair<std::string, std::string> ascending[] = {
      {"2.6.9", "2.6.32"}, {"2.6", "2.6.1"},   {"6.1.0-9", "6.1.0-18"}, {"1.0rc1", "1.0.1"},
      {"1.a", "1.1"},      {"5.10", "5.10.0"}, {"4.8", "5.2"},          {"", "1"}};
  for (const auto& [low, high] : ascending) {
    EXPECT_LT(CompareVersions(low, high), 0) << low << ' ' << high;
    EXPECT_GT(CompareVersions(high, low), 0) << low << ' ' << high;
  }
  EXPECT_EQ(CompareVersions("2.06", "2.6"), 0);
  EXPECT_EQ(CompareVersions("6.1.0", "6-1_0"), 0);
}

TEST(Arguments, PastedOrQuoted) {
  EXPECT_EQ(Preprocessed("f($1, @2, $3)"), "f ( 42 , raw:a \"b\" , x + 1 )");
  EXPECT_EQ(Preprocessed("$# @#"), "3 raw:3");
  EXPECT_EQ(Preprocessed("\"$1\""), "$1");
}

TEST(Arguments, OutOfRangeSaysTheRange) {
  EXPECT_EQ(Preprocessed("$4"), "junk: command line argument out of range [1-3]");
  EXPECT_EQ(Preprocessed("@0", {}), "junk: command line argument out of range [1-0]");
  EXPECT_EQ(Preprocessed("$99999999999999999999"),
            "junk: command line argument out of range [1-3]");
  Environment nested;
  nested.args = {"$1"};
  EXPECT_EQ(Preprocessed("$1", nested), "junk: command line argument refers to another");
}

TEST(Arguments, ThoseUsedAreTold) {
  const Parsed parsed = ParseScript("probe begin { x = $1 y = @3 }", Machine());
  EXPECT_EQ(parsed.errors(), "");
  EXPECT_EQ(parsed.file->arguments_used, (std::vector<bool>{true, false, true}));
}

TEST(Macro, WithAndWithoutParameters) {
  EXPECT_EQ(Preprocessed("@define one %( 1 %) a @one b"), "a 1 b");
  EXPECT_EQ(Preprocessed("@define add(x, y) %( (@x + @y) %) @add(1, f(2, 3))"),
            "( 1 + f ( 2 , 3 ) )");
  EXPECT_EQ(Preprocessed("@define no() %( n %) @no() @no()"), "n n");
  EXPECT_EQ(Preprocessed("@define i(x) %( <@x> %) @i() @i(a[1,2])"), "< > < a [ 1 , 2 ] >");
}

TEST(Macro, ArgumentsAreReadWhereTheCallStands) {
  EXPECT_EQ(Preprocessed("@define f(x) %( @g(@x) %) @define g(x) %( [@x] %) @f(1)"), "[ 1 ]");
  EXPECT_EQ(Preprocessed("@define f(x) %( (@x) %) @f(@f(@f(1)))"), "( ( ( 1 ) ) )");
}

TEST(Macro, MayHoldConditionals) {
  EXPECT_EQ(Preprocessed("@define f(x) %( %( kernel_v > \"5\" %? new @x %: old @x %) %) @f(y)"),
            "new y");
  EXPECT_EQ(Preprocessed("@define v %( kernel_v > \"5\" %) %( @v %? new %: old %)"), "new");
  EXPECT_EQ(Preprocessed("%( 1 == 1 %? @define a %( 1 %) %: @define a %( 2 %) %) @a"), "1");
}

TEST(Macro, OfAnEarlierFileCanBeUsed) {
  source::SourceSet sources;
  source::Diagnostics diagnostics;
  const auto macros = NewMacroTable();
  const auto tapset = sources.Add("lib.stp", "@define inc(x) %( @x + 1 %)", true);
  const auto user = sources.Add("u.stp", "global g = 1 probe begin { println(@inc(g)) }");
  Parse(sources, tapset, {}, *macros, diagnostics);
  const auto file = Parse(sources, user, {}, *macros, diagnostics);
  EXPECT_EQ(source::Render(sources, diagnostics, false), "");
  EXPECT_THAT(Dump(*file), HasSubstr("binary +\n"));
  // A user's file may define a macro of its own by the same name.
  const auto other =
      sources.Add("o.stp", "@define inc(x) %( @x - 1 %) probe begin { x = @inc(1) }");
  const auto second = Parse(sources, other, {}, *macros, diagnostics);
  EXPECT_EQ(source::Render(sources, diagnostics, false), "");
  EXPECT_THAT(Dump(*second), HasSubstr("binary -\n"));
}

TEST(Macro, WhatIsWrongIsSaid) {
  EXPECT_EQ(Preprocessed("@nosuch"), "junk: unknown operator @nosuch");
  EXPECT_EQ(Preprocessed("@cout(x)"),
            "junk: unknown operator @cout (similar: @count, @cast, @const)");
  EXPECT_EQ(Preprocessed("@define a %( @a x %) @a"),
            "junk: macro '@a' is nested too deeply, or calls itself");
  EXPECT_EQ(Preprocessed("@define a(x) %( @x %) @a"),
            "junk: macro '@a' needs arguments in '(' and ')'");
  EXPECT_EQ(Preprocessed("@define a(x) %( @x %) @a(1, 2)"),
            "junk: macro '@a' takes 1 arguments, 2 given");
  EXPECT_EQ(Preprocessed("@define a(x) %( @x %) @a(1"),
            "junk: macro arguments without their closing ')'");
  EXPECT_EQ(Preprocessed("@define a %( 1 %) @define a %( 2 %)"),
            "junk: macro '@a' is already defined at t.stp:1:9");
  EXPECT_EQ(Preprocessed("@define cast %( 1 %)"), "junk: '@cast' is an operator of the language");
  EXPECT_EQ(Preprocessed("@define a %( 1"), "junk: macro without its closing '%)'");
  EXPECT_EQ(Preprocessed("@define a 1"), "junk: expected '%(' before the macro's body");
  EXPECT_EQ(Preprocessed("@define 3 %( %)"), "junk: expected the name of a macro");
  EXPECT_EQ(Preprocessed("@define a(x, x) %( %)"), "junk: duplicate macro parameter 'x'");
  EXPECT_EQ(Preprocessed("@define a(x y) %( %)"), "junk: expected ',' or ')' in macro parameters");
  EXPECT_EQ(Preprocessed("@define a(x,) %( %)"), "junk: expected the name of a macro parameter");
  EXPECT_EQ(Preprocessed("@define a %( %( 1 == 1 %? x %) @a2"),
            "junk: macro without its closing '%)'");
}

TEST(Macro, DoublingIsStopped) {
  std::string text = "@define m0 %( x x %)\n";
  for (int i = 1; i < 60; ++i) {
    const std::string inner = " @m" + std::to_string(i - 1);
    text += "@define m" + std::to_string(i) + " %(" + inner + inner + " %)\n";
  }
  EXPECT_THAT(Preprocessed(text + "@m59"), HasSubstr("macros expand to too much"));
}

}  // namespace
}  // namespace podtap::lang
