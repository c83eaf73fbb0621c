// Types: what is inferred, and what doesn't fit.
#include <gtest/gtest.h>

#include "lang/check/check_fixture.h"
#include "lang/check/format_kinds.h"
#include "lang/check/overrides.h"
#include "lang/check/type_graph.h"

namespace podtap::lang::check {
namespace {

TEST(Types, GraphKeepsTheKnownType) {
  TypeGraph graph;
  const TypeVar a = graph.New(), b = graph.New(), c = graph.New();
  EXPECT_TRUE(graph.Unify(a, b));
  EXPECT_TRUE(graph.Unify(b, graph.Of(Type::kString)));
  EXPECT_EQ(graph.TypeOf(a), Type::kString);
  EXPECT_FALSE(graph.Unify(a, graph.Of(Type::kLong)));
  EXPECT_EQ(graph.TypeOf(a), Type::kString);
  EXPECT_TRUE(graph.Unify(graph.Of(Type::kLong), c));
  EXPECT_EQ(graph.TypeOf(c), Type::kLong);
  EXPECT_EQ(graph.TypeOf(graph.New()), Type::kUnknown);
}

TEST(Types, FormatKinds) {
  EXPECT_EQ(FormatKinds("%s(%d) %5.2s|%-*d|%%|%*.*m%lld %c\n").value(), "sdsddddddd");
  EXPECT_EQ(FormatKinds("%y").error(), "invalid conversion specifier '%y'");
  EXPECT_EQ(FormatKinds("100%").error(), "incomplete format specifier");
}

TEST(Types, ParseLong) {
  EXPECT_EQ(ParseLong("-7"), -7);
  EXPECT_EQ(ParseLong("0x2a"), 42);
  EXPECT_EQ(ParseLong("052"), 42);
  EXPECT_EQ(ParseLong("0"), 0);
  EXPECT_EQ(ParseLong(""), std::nullopt);
  EXPECT_EQ(ParseLong("7x"), std::nullopt);
}

TEST(Types, TheRunbooksScript) {
  const auto checked = CheckText(R"(global target_pid = 7942
probe signal.send{
  if (sig_pid == target_pid) {
    printf("%s(%d) send %s to %s(%d)\n", execname(), pid(), sig_name, pid_name, sig_pid);
    printf("parent of sender: %s(%d)\n", pexecname(), ppid())
    printf("task_ancestry:%s\n", task_ancestry(pid2task(pid()), 1));
  }
}
)",
                                 {R"(
function execname:string() %{ ctx.comm %}
function pid:long() %{ ctx.pid %}
function ppid:long() { return 1 }
function pexecname:string() { return "x" }
function pid2task:long(p:long) %{ task.from_pid %}
function task_ancestry:string(task:long, times:long) %{ task.chain %}
function signal_str:string(n:long) %{ table.signal %}
probe signal.send = kernel.trace("signal_generate") {
  sig = $sig
  task = $task
  sig_pid = @cast(task, "task_struct")->tgid
  pid_name = "n"
  sig_name = signal_str(sig)
}
)"});
  EXPECT_EQ(checked->Said(), "");
  const std::string dump = checked->Dumped();
  EXPECT_EQ(Facts(checked->script), "target_pid read\n");
  EXPECT_NE(dump.find("      binary == :long\n"
                      "        variable sig_pid local#2 :long\n"
                      "        variable target_pid global#0 :long\n"),
            std::string::npos)
      << dump;
}

TEST(Types, KnownLaterThanUsed) {
  const auto checked = CheckText(R"(global g, arr
function id(x) { return x }
probe begin { g = id(later)  later = "s"  arr[later, 1] = g }
probe end { foreach ([a, b] in arr) println(a, b) println(g) }
)");
  EXPECT_EQ(checked->Said(), "");
  EXPECT_EQ(checked->script.globals[0]->type, Type::kString);
  EXPECT_EQ(checked->script.globals[1]->type, Type::kString);
  EXPECT_EQ(checked->script.globals[1]->index_types,
            (std::vector<Type>{Type::kString, Type::kLong}));
  EXPECT_EQ(checked->script.functions[0]->result, Type::kString);
  EXPECT_EQ(checked->script.functions[0]->locals[0].type, Type::kString);
  EXPECT_EQ(checked->script.probes[1].locals[0].type, Type::kString);
}

TEST(Types, TargetsAndCasts) {
  const auto checked = CheckText(
      "probe kernel.trace(\"x\") { a = $x->y[1] b = $$vars c = $x$ d = @cast(a, \"t\")->z$$ "
      "e = &$x f = $$parms println(a, b, c, d, e, f) }");
  EXPECT_EQ(checked->Said(), "");
  std::string types;
  for (const Local& local : checked->script.probes.at(0).locals)
    types += local.type == Type::kString ? "s" : "d";
  EXPECT_EQ(types, "dsssds");
}

TEST(Types, Mismatches) {
  EXPECT_EQ(Said("probe begin { x = \"a\" x = 1 println(x) }"),
            "1:27 type mismatch: expected string but found long\n");
  EXPECT_EQ(Said("probe begin { println(1 . \"a\", \"b\" + 1, -\"c\") }"),
            "1:23 type mismatch: expected string but found long\n"
            "1:32 type mismatch: expected long but found string\n"
            "1:42 type mismatch: expected long but found string\n");
  EXPECT_EQ(
      Said("global a probe begin { a[1] = 2 a[\"k\"] = 3 println(1 == \"x\", 1 ? 2 : \"y\") }"),
      "1:35 type mismatch: expected long but found string\n"
      "1:57 type mismatch: expected long but found string\n"
      "1:70 type mismatch: expected long but found string\n");
  EXPECT_EQ(Said("function f:string(n:long) { return n } probe begin { println(f(\"x\")) }"),
            "1:64 type mismatch: expected long but found string\n"
            "1:36 type mismatch: expected string but found long\n");
  EXPECT_EQ(Said("probe begin { if (\"x\") ; try { } catch (m) { println(m + 1) } }"),
            "1:19 type mismatch: expected long but found string\n"
            "1:54 type mismatch: expected long but found string\n");
}

TEST(Types, Printf) {
  EXPECT_EQ(Said("probe begin { printf(\"%d %s\\n\", \"x\", 1) }"),
            "1:33 type mismatch: expected long but found string\n"
            "1:38 type mismatch: expected string but found long\n");
  EXPECT_EQ(Said("probe begin { printf(\"%d %s\\n\", 1) }"),
            "1:22 too few arguments for format string (1)\n");
  EXPECT_EQ(Said("probe begin { printf(\"%d\\n\", 1, 2) }"),
            "1:22 too many arguments for format string\n");
  EXPECT_EQ(Said("probe begin { printf(\"%y\\n\", 1) }"),
            "1:22 invalid conversion specifier '%y'\n");
  EXPECT_EQ(Said("probe begin { println(sprintf(\"%d\", 1) . \"x\") }"), "");
}

TEST(Types, Unresolved) {
  EXPECT_EQ(Said("probe begin { println(x) }"),
            "1:23 unresolved type\n"
            "1:23 WARNING: never-assigned local variable 'x'\n");
  EXPECT_EQ(Said("function f() { } probe begin { x = f() f() println(x) }"),
            "1:36 unresolved type\n");
  EXPECT_EQ(Said("function f(unused) { return 1 } probe begin { println(f(3)) x }"),
            "1:61 WARNING: never-assigned local variable 'x'\n");
}

TEST(Types, VoidCallsHaveNoType) {
  const auto checked = CheckText("function f() { } probe begin { f() }");
  EXPECT_EQ(checked->script.functions.at(0)->result, Type::kUnknown);
}

TEST(Types, RecursionIsLegal) {
  const auto checked = CheckText(
      "function fact(n) { return n < 2 ? 1 : n * fact(n - 1) } probe begin { println(fact(5)) }");
  EXPECT_EQ(checked->Said(), "");
  EXPECT_EQ(checked->script.functions.at(0)->result, Type::kLong);
}

TEST(Types, ReadAndWritten) {
  const auto checked = CheckText(R"(global inc, used, plus, both, arr, seen
probe begin {
  inc++
  println(used++)
  plus += 2
  println(both = 3)
  arr["x"]++
  if ("x" in seen) println("y")
  seen["x"] = 1
  for (i = 0; i < 3; i++) ;
}
)");
  EXPECT_EQ(checked->Said(), "");
  EXPECT_EQ(Facts(checked->script),
            "inc written\nused read written\nplus written\nboth written\narr# written\n"
            "seen# read written\n");
}

TEST(Types, NeverAssigned) {
  const std::string alias =
      "probe s = timer.s(1) { sig_pid = 1 sig = 2 si_code = \"x\" if (odd) println(odd) }"
      "function pid:long() %{ ctx.pid %}";
  EXPECT_EQ(Said("global lone probe s { printf(\"%d %d\", sigpid, lone) x = pid println(x + 1) }",
                 {alias}),
            "1:39 WARNING: never-assigned local variable 'sigpid' (similar: sig_pid, sig)\n"
            "1:57 WARNING: never-assigned local variable 'pid' (similar: pid())\n"
            "1:8 WARNING: never-assigned global variable 'lone'\n");
}

TEST(Types, Statistics) {
  const auto checked = CheckText(R"(global s, h, t
probe begin {
  s <<< 1  t <<< 2  h["k", 3] <<< 4
  print(@hist_log(s)) print(@hist_linear(t, 0, 100, 10))
  println(@count(s), @avg(h["k", 3]), @variance(t, 3), @hist_log(s)[2])
  foreach ([a, b] in h @sum- limit 2) println(a, b)
  foreach (bucket in @hist_log(s)) println(bucket)
}
)");
  EXPECT_EQ(checked->Said(), "");
  EXPECT_EQ(Facts(checked->script),
            "s read written @count hist_log\nh## read written @sum @avg\n"
            "t read written @variance hist_linear variance 3\n");
  EXPECT_EQ(checked->script.globals[1]->type, Type::kStats);
}

TEST(Types, StatisticsMisused) {
  EXPECT_EQ(Said("global s, n probe begin { s <<< 1 println(s) x = s n = 1 println(@count(n)) "
                 "s = 1 n <<< 2 l <<< 3 println(x) }"),
            "1:91 statistics in 'l', which is not global (similar: n, s)\n"
            "1:73 type mismatch: expected stats but found long\n"
            "1:81 type mismatch: expected stats but found long\n"
            "1:83 type mismatch: expected stats but found long\n"
            "1:43 statistics of 's' used as a value; ask for @count, @sum and the like\n"
            "1:50 statistics of 's' used as a value; ask for @count, @sum and the like\n");
  EXPECT_EQ(Said("global a probe begin { a[1] <<< 1 foreach (v = k in a) println(v, k) }"),
            "1:44 foreach can't give statistics to 'v'; ask for @count and the like of the "
            "element\n");
}

TEST(Types, HistogramsMisused) {
  EXPECT_EQ(Said("global s probe begin { s <<< 1 print(@hist_linear(s, 0, 9, 1)) "
                 "print(@hist_linear(s, 0, 8, 1)) print(@hist_linear(s, 0, 99999, 1)) }"),
            "1:70 @hist_linear of 's' asked for with different limits\n"
            "1:102 @hist_linear with more than 4096 buckets\n");
  EXPECT_EQ(Said("global s probe begin { s <<< 1 println(@variance(s, 3), @variance(s)) }"),
            "1:57 @variance of 's' asked for with different bit shifts (3 vs 0)\n");
  EXPECT_EQ(Said("global s probe begin { s <<< 1 foreach ([a, b] in @hist_log(s)) println(a) }"),
            "1:32 foreach over a histogram takes one variable\n");
  EXPECT_EQ(Said("global s probe begin { s <<< 1 println(@hist_log(s), 2) }"),
            "1:40 a histogram can only be printed, indexed or walked by foreach\n");
  EXPECT_EQ(Said("probe begin { s <<< 1 println(@count(s)) }"),
            "1:15 statistics in 's', which is not global\n"
            "1:38 statistics in 's', which is not global\n");
}

TEST(Types, Events) {
  EXPECT_EQ(Said("probe begin { event kill { sender = 1, note = \"x\", sender = y } }"),
            "1:52 duplicate event field 'sender'\n"
            "1:61 unresolved type\n"
            "1:61 WARNING: never-assigned local variable 'y'\n");
}

TEST(Types, SystemTapsOwnSamples) {
  EXPECT_EQ(Said("global z probe begin { z=0; try { println(1/z) } catch(msg) { "
                 "printf(\"caught: %s\\n\", msg) } }"),
            "");
  EXPECT_EQ(Said("probe begin { while(1) { x++ if (x < 0) println(x) } }"), "");
  EXPECT_EQ(Said("global cnt, names, agg; probe begin { cnt = 5; names[\"a\"]=1; agg <<< 3; }"),
            "");
}

}  // namespace
}  // namespace podtap::lang::check
