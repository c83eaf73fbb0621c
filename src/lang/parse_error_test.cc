#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "lang/parse_testing.h"

namespace podtap::lang {
namespace {

using ::testing::HasSubstr;

struct ErrorCase {
  std::string script;
  std::string shown;  // message, token and the caret's column: "MESSAGE | TOKEN at COLUMN"
};

// The first diagnostic, short.
std::string FirstError(const std::string& script) {
  const Parsed parsed = ParseScript(script);
  if (parsed.diagnostics.all().empty()) return "none";
  const source::Diagnostic& first = parsed.diagnostics.all().front();
  if (!first.span.valid()) return first.message;
  if (first.span.begin == script.size()) return first.message + " | EOF";
  return first.message + " | " + source::DescribeToken(parsed.sources, first.span, first.token) +
         " at " + std::to_string(parsed.sources.Locate(first.span).column);
}

TEST(ParseError, EveryMessage) {
  const std::string kTopLevel = "expected 'probe', 'global', 'private', 'function', or '%{'";
  const ErrorCase cases[] = {
      {"foo", kTopLevel + " | identifier 'foo' at 1"},
      {"probe begin { } }", kTopLevel + " | operator '}' at 17"},
      {"private x",
       "expected 'probe', 'global' or 'function' after 'private' | identifier 'x' at 9"},
      {"%{ x %}", "embedded code in unprivileged script; need stap -g | embedded-code at 1"},
      {"function f() %{ x %}",
       "embedded code in unprivileged script; need stap -g | embedded-code at 14"},
      {"probe begin { %{ x %} }",
       "embedded code in unprivileged script; need stap -g | embedded-code at 15"},
      {"probe begin { x = %{ 1 %} }",
       "embedded expression code in unprivileged script; need stap -g | embedded-code at 19"},
      {"global ;", "expected identifier | operator ';' at 8"},
      {"global a[", "expected literal string or number | EOF"},
      {"global a[0]", "array size out of range | number '0' at 10"},
      {"global a[5 = 3", "expected ']' | operator '=' at 12"},
      {"global a[5] = 3", "an array has no initial value | operator '=' at 13"},
      {"global a = x", "expected literal string or number | identifier 'x' at 12"},
      {"function f(a { }", "expected ',' or ')' | operator '{' at 14"},
      {"function f { }", "expected '(' | operator '{' at 12"},
      {"function f(a, a) { }", "duplicate parameter name 'a' | identifier 'a' at 15"},
      {"function f:int() { }", "expected 'string' or 'long' | identifier 'int' at 12"},
      {"function f():-1 { }", "priority can't be negative | operator '-' at 14"},
      {"function f() x", "expected '{' | identifier 'x' at 14"},
      {"probe begin", "expected one of ', { ? ! = +=' | EOF"},
      {"probe { }", "expected identifier or '*' | operator '}' at 9"},
      {"probe a.{b { }", "expected ',' or '}' | operator '{' at 12"},
      {"probe a(b) { }", "expected literal string or number | identifier 'b' at 9"},
      {"probe a? = b { }",
       "a probe point alias name may not be optional nor sufficient | operator '=' at 10"},
      {"probe a.* = b { }",
       "a probe point alias name may not have a wildcard | operator '=' at 11"},
      {"probe begin { x = ; }", "expected literal string or number | operator ';' at 19"},
      {"probe begin { x = (1 }", "expected ')' | operator '}' at 22"},
      {"probe begin { x = y[ }", "expected literal string or number | operator '}' at 22"},
      {"probe begin { f(1 }", "expected ',' or ')' | operator '}' at 19"},
      {"probe begin { 1 = 2 }",
       "left side of '=' is neither a variable nor an array element | operator '=' at 17"},
      {"probe begin { ++f() }", "'++' needs a variable or an array element | operator '++' at 15"},
      {"probe begin { x = 08 }", "number invalid or out of range | number '08' at 19"},
      {"probe begin { x = 99999999999999999999 }",
       "number invalid or out of range | number '99999999999999999999' at 19"},
      {"probe begin { x = \"abc }", "string without its closing quote | junk '\"abc }' at 19"},
      {"probe begin { x = /* abc }", "comment without its closing '*/' | junk '/*' at 19"},
      {"probe begin { x = a ? b }", "expected ':' | operator '}' at 25"},
      {"probe begin { x =~ y }", "expected literal string | identifier 'y' at 20"},
      {"probe begin { x in 3 }", "expected the name of an array | number '3' at 20"},
      {"probe begin { [a, b] }", "expected 'in' | operator '}' at 22"},
      {"probe begin { x = &y }",
       "expected a target variable or '@cast' after '&' | identifier 'y' at 20"},
      {"probe begin { $x-> }", "expected identifier | operator '}' at 20"},
      {"probe begin { @foo(3) }", "unknown operator @foo | operator '@foo' at 15"},
      {"probe begin { @ }", "unknown operator @ | operator '@' at 15"},
      {"probe begin { @count(1) }",
       "expected a statistics variable or array element | number '1' at 22"},
      {"probe begin { @hist_linear(x, 5, 1, 1) }",
       "@hist_linear needs low <= high and a positive width | operator '@hist_linear' at 15"},
      {"probe begin { @cast(x) }", "expected ',' | operator ')' at 22"},
      {"probe begin { print() }", "expected literal string or number | operator ')' at 21"},
      {"probe begin { printf(x) }", "expected literal string | identifier 'x' at 22"},
      {"probe begin { printd(\",\") }", "expected ',' | operator ')' at 25"},
      {"probe begin { if x }", "expected '(' | identifier 'x' at 18"},
      {"probe begin { for (;) ; }", "expected literal string or number | operator ')' at 21"},
      {"probe begin { foreach (k in a", "expected ')' | EOF"},
      {"probe begin { foreach (k+ in a-) ; }", "multiple sort directives | operator '-' at 31"},
      {"probe begin { foreach (k in a @foo-) ; }", "unknown operator @foo | operator '@foo' at 31"},
      {"probe begin { foreach (k in a @sum) ; }", "expected sort directive | operator ')' at 35"},
      {"probe begin { try { } }", "expected 'catch' | operator '}' at 23"},
      {"probe begin { return }", "found 'return' not in function context | keyword at 15"},
      {"probe begin { break }", "found 'break' not in loop context | keyword at 15"},
      {"probe begin { continue }", "found 'continue' not in loop context | keyword at 15"},
      {"probe begin { delete 3 }",
       "expected an array, an element or a variable to delete | number '3' at 22"},
      {"probe begin { event e { x 3 } }", "expected '=' | number '3' at 27"},
      {"probe begin { event e { x = 3", "expected ',' or '}' | EOF"},
      {"probe begin { x = $1 }", "command line argument out of range [1-0] | junk '$1' at 19"},
      {"probe begin {", "expected '}' | EOF"},
      {"%( kernel_v > \"2\" %? probe begin {} ",
       "incomplete conditional at end of file | operator '%(' at 1"},
  };
  for (const ErrorCase& c : cases) EXPECT_EQ(FirstError(c.script), c.shown) << c.script;
}

TEST(ParseError, WithItsCaret) {
  EXPECT_EQ(ParseScript("probe begin {\n\ty = 4 ) }\n").errors(),
            "parse error: expected literal string or number\n"
            "        saw: operator ')' at t.stp:2:8\n"
            "     source: \ty = 4 ) }\n"
            "             \t      ^\n"
            "\n");
}

TEST(ParseError, SeveralAreReportedAndTheRestIsKept) {
  const Parsed parsed = ParseScript(
      "probe begin { x = ; }\n"
      "global good\n"
      "function f( { }\n"
      "probe kernel.function(3 { probe end { }\n"
      "private function g() { return 1 }\n"
      "global bad[\n"
      "probe end { }\n");
  EXPECT_EQ(parsed.diagnostics.error_count(), 4u) << parsed.errors();
  EXPECT_EQ(parsed.file->globals.size(), 1u);
  EXPECT_EQ(parsed.file->functions.size(), 1u);
  EXPECT_EQ(parsed.file->probes.size(), 2u);
}

TEST(ParseError, ThereIsAnEndToThem) {
  std::string script;
  for (int i = 0; i < 1000; ++i) script += "probe begin { x = ; }\n";
  EXPECT_EQ(ParseScript(script).diagnostics.error_count(), 20u);
}

std::string Repeat(const std::string& text, size_t times) {
  std::string out;
  for (size_t i = 0; i < times; ++i) out += text;
  return out;
}

TEST(Limits, NestingIsBounded) {
  for (const std::string& body :
       {"x = " + Repeat("(", 100'000),
        "x = " + Repeat("-", 100'000),
        "x = " + Repeat("f(", 100'000),
        "x = " + Repeat("a[", 100'000),
        "x = " + Repeat("[", 100'000),
        "x = " + Repeat("1 ? ", 100'000),
        "x = 1" + Repeat(" ? 1 : 1", 100'000),
        Repeat("x = ", 100'000) + "1",
        "x = 1" + Repeat(" + 1", 100'000),
        "x = \"a\"" + Repeat(" . \"a\"", 100'000),
        "x = a" + Repeat(" in b", 100'000),
        "x = a" + Repeat(" =~ \"b\"", 100'000),
        "x = " + Repeat("1 || 1 && 1 | 1 ^ 1 & 1 == 1 << 1 + 1 * (", 10'000),
        "x = " + Repeat("$x[", 100'000),
        "x = " + Repeat("@cast(", 100'000),
        "x = " + Repeat("@defined(", 100'000),
        "x = " + Repeat("sprint(", 100'000),
        Repeat("{", 100'000),
        Repeat("if (1) ", 100'000),
        Repeat("if (1) ; else ", 100'000),
        Repeat("while (1) ", 100'000),
        Repeat("try { ", 100'000),
        Repeat("foreach (a in b) ", 50'000),
        "x = " + Repeat("&", 100'000),
        "x = " + Repeat("++", 100'000)}) {
    const Parsed parsed = ParseScript("probe begin { " + body + " }");
    EXPECT_EQ(parsed.diagnostics.error_count(), 1u) << body.substr(0, 40);
  }
  EXPECT_THAT(ParseScript("probe begin { x = " + Repeat("(", 1000) + " }").errors(),
              HasSubstr("nested too deeply (more than 400 levels)"));
  EXPECT_THAT(ParseScript("probe begin { x = 1" + Repeat("+1", 1000) + " }").errors(),
              HasSubstr("nested too deeply"));
  EXPECT_EQ(ParseScript("probe " + Repeat("{", 100'000)).diagnostics.error_count(), 1u);
  EXPECT_EQ(ParseScript("probe " + Repeat("{a,b}.", 1000)).diagnostics.error_count(), 1u);
}

TEST(Limits, SensibleNestingIsFine) {
  EXPECT_EQ(FirstError("probe begin { x = " + Repeat("(", 90) + "1" + Repeat(")", 90) + " }"),
            "none");
  EXPECT_EQ(FirstError("probe begin { x = 1" + Repeat(" + 1", 390) + " }"), "none");
  EXPECT_EQ(FirstError("probe begin { " + Repeat("if (x) {", 90) + Repeat("}", 90) + " }"), "none");
  EXPECT_EQ(FirstError("probe begin { x = \"\"" + Repeat(" \"a\"", 10'000) + " }"), "none");
}

TEST(Limits, ALongChainOfChainsIsNoDeeperThanTheLimit) {
  // Each pair of parentheses restarts a chain at the left end of another.
  std::string expr = "1";
  for (int i = 0; i < 50; ++i) expr = "(" + expr + Repeat("+1", 100) + ")";
  EXPECT_THAT(FirstError("probe begin { x = " + expr + " }"), HasSubstr("nested too deeply"));
}

TEST(Limits, HostileFilesGiveOneClearError) {
  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now();
  EXPECT_EQ(FirstError(std::string(kMaxScriptBytes + 1, 'a')),
            "script 't.stp' is too long: " + std::to_string(kMaxScriptBytes + 1) +
                " bytes, at most " + std::to_string(kMaxScriptBytes));
  EXPECT_THAT(FirstError(Repeat("a", 10'000'000)), HasSubstr("expected 'probe', 'global'"));
  EXPECT_THAT(FirstError("@define m %( " + Repeat("x ", 200'000) + "%)"),
              HasSubstr("macro '@m' is too long"));
  EXPECT_THAT(FirstError("@define m(a) %( %) @m(" + Repeat("x ", 200'000) + ")"),
              HasSubstr("macro arguments are too long"));
  EXPECT_EQ(FirstError(std::string(1'000'000, '\0')),
            "a character that no script has | junk '" + Repeat("\\x00", 60) + "...' at 1");
  EXPECT_EQ(ParseScript("probe begin { x = \xff\xfe }").errors(),
            "parse error: a character that no script has\n"
            "         at: junk '\\xff\\xfe' at t.stp:1:19\n"
            "     source: probe begin { x = \\xff\\xfe }\n"
            "                               ^\n\n");
  for (const std::string& script :
       {Repeat("\"", 999'999), Repeat("/*", 500'000), Repeat("%{", 500'000), Repeat("%(", 500'000),
        Repeat("@a ", 300'000), Repeat("@define ", 100'000), Repeat("$1 ", 300'000),
        Repeat("function f(", 90'000), Repeat("probe ", 150'000), Repeat("global a,", 100'000),
        "function f(" + Repeat("a,", 400'000), "@define m(" + Repeat("a,", 400'000),
        "probe " + Repeat("a.", 400'000), "probe a" + Repeat("*", 900'000)}) {
    const Parsed parsed = ParseScript(script);
    EXPECT_GE(parsed.diagnostics.error_count(), 1u) << script.substr(0, 20);
    EXPECT_LE(parsed.diagnostics.error_count(), 20u) << script.substr(0, 20);
    EXPECT_LT(parsed.errors().size(), 20'000u);
  }
  const auto elapsed = Clock::now() - start;
  EXPECT_LT(elapsed, std::chrono::seconds(20));  // generous: sanitizers, a busy machine
}

}  // namespace
}  // namespace podtap::lang
