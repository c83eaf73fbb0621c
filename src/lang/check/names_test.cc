// Names: what they refer to, and what is said when they refer to nothing.
#include <gtest/gtest.h>

#include "lang/check/check_fixture.h"

namespace podtap::lang::check {
namespace {

const char* const kTapset = R"(
global __hidden
private global only_here
function pid:long() %{ ctx.pid %}
function log(msg:string) %{ session.log %}
function pn:string() %{ probe.name %}
function HZ:long() { return 1000 }
function exit() %{ session.exit %}
function task_parent:long(task:long) { return task }
function counts:long() { return ++only_here }
private function secret:long() { return 1 }
)";

TEST(Names, UsersNamesHideTheTapsetsForTheUserOnly) {
  const auto checked =
      CheckText("function HZ:long() { return 7 } probe begin { println(HZ(), two()) }",
                {kTapset, "function two:long() { return HZ() }"});
  EXPECT_EQ(checked->Said(), "");
  ASSERT_EQ(checked->script.functions.size(), 3u);
  EXPECT_FALSE(checked->sources.IsTapset(checked->script.functions[0]->tok.span.file));
  EXPECT_EQ(checked->script.functions[1]->name, "two");
  EXPECT_TRUE(checked->sources.IsTapset(checked->script.functions[2]->tok.span.file));
}

TEST(Names, OnlyWhatIsReachedIsIn) {
  const auto checked = CheckText("global a, b probe begin { b = pid() }", {kTapset});
  ASSERT_EQ(checked->script.functions.size(), 1u);
  EXPECT_EQ(checked->script.functions[0]->name, "pid");
  ASSERT_EQ(checked->script.globals.size(), 1u);
  EXPECT_EQ(checked->script.globals[0]->name, "b");
  EXPECT_EQ(checked->Said(), "1:8 WARNING: unused global variable 'a'\n");
}

TEST(Names, PrivateStaysInItsFile) {
  EXPECT_EQ(Said("probe begin { println(secret()) }", {kTapset}),
            "1:23 unresolved function secret\n");
  const auto checked =
      CheckText("probe begin { only_here = 1 println(counts(), only_here) }", {kTapset});
  EXPECT_EQ(checked->Said(), "");
  ASSERT_EQ(checked->script.globals.size(), 1u);
  EXPECT_EQ(checked->script.probes[0].locals.at(0).name, "only_here");
}

TEST(Names, TapsetProbesComeWithTheirGlobals) {
  const std::string clock =
      "global started probe begin { started = 5 }"
      "function since:long() { return started }"
      "function other:long() { return 1 }";
  EXPECT_EQ(CheckText("probe end { println(since()) }", {clock})->script.probes.size(), 2u);
  EXPECT_EQ(CheckText("probe end { println(other()) }", {clock})->script.probes.size(), 1u);
}

TEST(Names, UsersGlobalAndAPrologueLocalOfTheSameName) {
  const auto checked = CheckText("global name probe a { name = 3 println(name) }",
                                 {"probe a = timer.s(1) { name = \"text\" }"});
  EXPECT_EQ(checked->Said(), "");
  EXPECT_EQ(checked->script.globals.at(0)->type, Type::kLong);
  EXPECT_EQ(checked->script.probes.at(0).locals.at(0).type, Type::kString);
}

TEST(Names, UnresolvedFunction) {
  EXPECT_EQ(Said("probe begin { pidd() foo(1) }", {kTapset}),
            "1:15 unresolved function pidd (similar: pid)\n"
            "1:22 unresolved function foo\n");
}

TEST(Names, ArityMismatch) {
  EXPECT_EQ(Said("probe begin { println(task_parent()) }", {kTapset}),
            "1:23 arity mismatch found (function 'task_parent' takes 1 args)\n");
  EXPECT_EQ(Said("function f() { } function f(a) { } probe begin { f(1, 2) f() f(1) }"),
            "1:50 arity mismatch found (function 'f' takes 0 or 1 args)\n");
}

TEST(Names, OverloadsInTheOrderToTry) {
  const auto checked = CheckText(R"(
function f:long(x):3 { return 3 }
function f:long(x):1 { if (x) next; return 1 }
function f:long(x):2 { next }
probe begin { println(f(1)) }
)");
  EXPECT_EQ(checked->Said(), "");
  ASSERT_EQ(checked->script.functions.size(), 3u);
  EXPECT_EQ(checked->script.functions[0]->priority, 1);
  EXPECT_EQ(checked->script.functions[1]->priority, 2);
  EXPECT_EQ(checked->script.functions[2]->priority, 3);
}

TEST(Names, OverloadAfterOneWithoutNextIsNeverTried) {
  const auto checked = CheckText(R"(
function f:long(x):1 { return 1 }
function f:long(x):2 { return 2 }
probe begin { println(f(1)) }
)");
  EXPECT_EQ(checked->script.functions.size(), 1u);
  EXPECT_EQ(checked->Said(), "3:10 WARNING: unused function 'f'\n");
}

TEST(Names, Duplicates) {
  EXPECT_EQ(Said("global x, y, x probe begin { x = y }"),
            "1:14 duplicate global name 'x'\n"
            "1:34 unresolved type\n"
            "1:11 WARNING: never-assigned global variable 'y' (similar: x)\n"
            "1:14 WARNING: unused global variable 'x'\n");
  EXPECT_EQ(Said("function f() { } function f() { } probe begin { f() }"),
            "1:27 duplicate function name 'f'\n"
            "1:27 WARNING: unused function 'f'\n");
}

TEST(Names, ArraysNeedADeclaration) {
  EXPECT_EQ(Said("global counts probe begin { count[1] = 2 if ([1,2] in other) exit() "
                 "foreach (k in other) println(k) counts[1] = 1 }",
                 {kTapset}),
            "1:29 unresolved arity-1 global array count, missing global declaration?"
            " (similar: counts)\n"
            "1:55 unresolved arity-2 global array other, missing global declaration?\n"
            "1:83 unresolved arity-1 global array other, missing global declaration?\n"
            "1:98 unresolved type\n");
}

TEST(Names, ArityOfArraysIsOne) {
  EXPECT_EQ(Said("global a probe begin { a[1] = 1 a[1,2] = 1 a = 1 foreach ([x, y, z] in a) { } "
                 "println(a) }"),
            "1:33 inconsistent arity (1 vs 2)\n"
            "1:44 inconsistent arity (1 vs 0)\n"
            "1:72 inconsistent arity (1 vs 3)\n"
            "1:87 inconsistent arity (1 vs 0)\n");
  EXPECT_EQ(Said("global a = 1 probe begin { a[1] = 1 }"),
            "1:8 only scalar globals can be initialized\n");
  EXPECT_EQ(Said("global a[10] probe begin { a = 1 }"), "1:28 array 'a' used as a scalar\n");
  EXPECT_EQ(Said("global a probe begin { a[1] = 1 delete a delete a[1] }"), "");
}

TEST(Names, TargetVariablesBelongToProbes) {
  EXPECT_EQ(Said("function f:long() { return $sig } probe begin { println(f()) }"),
            "1:28 target variable '$sig' used in a function; pass it as an argument\n");
  EXPECT_EQ(Said("probe kernel.trace(\"x\") { $sig = 1 }"),
            "1:27 write to target variable not permitted; need stap -g\n");
  CheckOptions guru;
  guru.guru_mode = true;
  EXPECT_EQ(Said("probe kernel.trace(\"x\") { $sig = 1 }", {}, guru), "");
}

TEST(Names, ConditionsUseGlobalsOnly) {
  EXPECT_EQ(Said("global on probe timer.s(1) if (off) { on = 1 println(on) }"),
            "1:32 probe condition refers to 'off', which is not global\n");
}

TEST(Names, DefinedIsSoft) {
  const auto checked =
      CheckText("probe begin { println(@defined($x->y) ? $x->y : 0, @defined(nothing(zz))) }");
  EXPECT_EQ(checked->Said(), "");
  EXPECT_TRUE(checked->script.probes.at(0).locals.empty());
}

TEST(Names, EmbeddedC) {
  EXPECT_EQ(Said("function f:long() %{ return 1; %} probe begin { println(f()) }"),
            "1:19 PARSE: embedded code in unprivileged script; need stap -g\n");
  CheckOptions guru;
  guru.guru_mode = true;
  EXPECT_EQ(Said("function f:long() %{ return 1; %} probe begin { println(f()) }", {}, guru),
            "1:10 embedded C can't run: podtap compiles to eBPF\n");
}

TEST(Names, Overrides) {
  CheckOptions options;
  options.global_overrides = {{"most", "0x10"}, {"who", "bob"}, {"new_one", "7"}};
  const auto checked = CheckText(
      "global most = 5, who, new_one probe begin { if (who == \"al\") println(most, new_one) }", {},
      options);
  EXPECT_EQ(checked->Said(), "");
  EXPECT_EQ(checked->Dumped().substr(0, checked->Dumped().find("probe")),
            "global most:long\n  number 16\n"
            "global who:string\n  string \"bob\"\n"
            "global new_one:long\n  number 7\n");
}

TEST(Names, OverridesThatCannotBe) {
  CheckOptions options;
  options.global_overrides = {{"mostt", "1"}, {"most", "x"}, {"arr", "1"}};
  EXPECT_EQ(Said("global most = 5, arr probe begin { println(most) arr[1] = 1 }", {}, options),
            "unknown global 'mostt' in -G mostt=1 (similar: most)\n"
            "1:8 'most' is a number, but -G most=x\n"
            "1:18 only scalar globals can be set by -G arr=1\n");
}

TEST(Names, FoldsDuplicatesOfExpansions) {
  EXPECT_EQ(Said("probe begin, end, timer.s(1) { nothing() }"),
            "1:32 unresolved function nothing\n");
}

}  // namespace
}  // namespace podtap::lang::check
