#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lang/parse_testing.h"

namespace podtap::lang {
namespace {

TEST(Global, EveryForm) {
  EXPECT_EQ(TreeOf("global a[100]%, b = 5, c%, d = \"x\" \"y\", e%[7]; global f = -3\n"
                   "private global g"),
            "global a size 100 wrap\n"
            "global b\n  number 5\n"
            "global c wrap\n"
            "global d\n  string \"xy\"\n"
            "global e size 7 wrap\n"
            "global f\n  number -3\n"
            "private global g\n");
}

TEST(Function, EveryForm) {
  EXPECT_EQ(TreeOf("function f:long(a:long, b:string) { return a }\n"
                   "function g() { }\nprivate function h(x):2 { next }"),
            "function f:long(a:long, b:string)\n  block\n    return\n      variable a\n"
            "function g()\n  block\n"
            "private function h(x) priority 2\n  block\n    next\n");
}

TEST(Function, EmbeddedBodyInTheTapsetIsTrimmed) {
  const Parsed parsed = ParseScript("function pid:long() %{ ctx.pid\n %}", {}, true);
  ASSERT_EQ(parsed.errors(), "");
  ASSERT_EQ(parsed.file->functions.size(), 1u);
  EXPECT_TRUE(parsed.file->functions[0]->has_embedded_body);
  EXPECT_EQ(parsed.file->functions[0]->embedded, "ctx.pid");
  EXPECT_EQ(parsed.file->functions[0]->body, nullptr);
}

TEST(Function, EmbeddedCodeOutsideOfFunctionsIsNotSilentlyDropped) {
  Environment guru;
  guru.guru_mode = true;
  const Parsed parsed = ParseScript("%{ int x; %}\nprobe begin { }", guru);
  EXPECT_FALSE(parsed.diagnostics.has_errors());
  EXPECT_EQ(parsed.errors(),
            "WARNING: embedded C code outside of functions has no effect here: embedded-code at "
            "t.stp:1:1\n source: %{ int x; %}\n         ^\n");
  EXPECT_EQ(parsed.file->embedded_code.size(), 1u);
}

TEST(Probe, PointsInEveryForm) {
  EXPECT_EQ(TreeOf("probe a.b(\"x\").c(3)?, d! if (cond) , timer.s(-1), kernel.function(\"f@*\")."
                   "return { }"),
            "probe\n"
            "  point a.b(\"x\").c(3)?\n"
            "  point d!\n    variable cond\n"
            "  point timer.s(-1)\n"
            "  point kernel.function(\"f@*\").return\n"
            "  block\n");
  EXPECT_THAT(TreeOf("probe syscall.*, nd_*.get*pid { }"),
              ::testing::HasSubstr("point syscall.*\n  point nd_*.get*pid\n"));
}

TEST(Probe, BracesStandForSeveralPoints) {
  EXPECT_EQ(TreeOf("probe syscall.{open,close}.return?, a.b, c.{d,e(3).f}.g if (x) { }"),
            "probe\n"
            "  point syscall.open.return?\n"
            "  point syscall.close.return?\n"
            "  point a.b\n"
            "  point c.d.g\n    variable x\n"
            "  point c.e(3).f.g\n    variable x\n"
            "  block\n");
  EXPECT_THAT(TreeOf("probe {begin,end{a}} { }"), ::testing::HasSubstr("parse error"));
}

TEST(Probe, Aliases) {
  EXPECT_EQ(TreeOf("probe a.b = kernel.trace(\"x\"), c ? { v = 1 }\nprobe d += e { }\n"
                   "private probe f = g = h { }"),
            "alias =\n  name a.b\n  point kernel.trace(\"x\")\n  point c?\n  block\n"
            "    expression\n      assign =\n        variable v\n        number 1\n"
            "alias +=\n  name d\n  point e\n  block\n"
            "private alias =\n  name f\n  name g\n  point h\n  block\n");
}

TEST(ProbePoint, TextIsNormalised) {
  const Parsed parsed = ParseScript("probe kernel . trace ( \"a\\\"b\" ) . x( 0x10 ) ? { }");
  ASSERT_EQ(parsed.errors(), "");
  EXPECT_EQ(parsed.file->probes[0]->points[0].Text(), "kernel.trace(\"a\\\"b\").x(16)");
}

// The kinds of scripts that SystemTap's users run, whole.
TEST(Script, TheRunbooksScript) {
  const Parsed parsed = ParseScript(R"(global target_pid = 7942
probe signal.send{
  if (sig_pid == target_pid) {
    printf("%s(%d) send %s to %s(%d)\n", execname(), pid(), sig_name, pid_name, sig_pid);
    printf("parent of sender: %s(%d)\n", pexecname(), ppid())
    printf("task_ancestry:%s\n", task_ancestry(pid2task(pid()), 1));
  }
}
)");
  EXPECT_EQ(parsed.errors(), "");
  EXPECT_EQ(parsed.file->globals.size(), 1u);
  ASSERT_EQ(parsed.file->probes.size(), 1u);
  EXPECT_EQ(parsed.file->probes[0]->points[0].Text(), "signal.send");
}

TEST(Script, OnesOfEveryDay) {
  for (
      const std::string script : {
          R"(probe begin { println("b") } probe timer.ms(300) { printf("tick\n") } probe end { println("end") })",
          R"(global s, h, t; probe begin { for(i=0;i<100;i++) { s <<< i; t <<< i; h[i%3] <<< i*i } print(@hist_log(s)); print(@hist_linear(t,0,100,10)); printf("%d %d %d %d %d\n", @count(s),@sum(s),@min(s),@max(s),@avg(s)); foreach (k+ in h) printf("%d count=%d avg=%d\n", k, @count(h[k]), @avg(h[k])); foreach (k in h- limit 2) println(k); exit() } probe end { println("bye") })",
          R"(global z; probe begin { println("before"); z=0; println(1/z); println("after") } probe end { println("end ran") } probe error { println("error probe ran") })",
          R"(probe begin { while(1) { x++ if (x < 0) println(x) } })",
          R"(global a; probe begin { for(i=0;i<100000;i++) a[i]=i; println("after") } probe end { println("end") })",
          R"(global s; probe begin { for(i=0;i<2000;i++) s = s . "x"; printf("len=%d\n", strlen(s)); println(1,2); print("a"); printdln(",",1,"b",3); exit() })",
          R"(global z; probe begin { z=0; try { println(1/z) } catch(msg) { printf("caught: %s\n", msg) } try { println(kernel_long(8)) } catch(m) { printf("caught: %s\n", m) } warn("this is a warning"); log("this is a log"); exit() })",
          R"(global cnt, names, agg; probe begin { cnt = 5; names["a"]=1; names["b"]=2; agg <<< 3; exit() })",
          R"(#!/usr/bin/env stap
# a comment
global reads[1000], t0%
probe syscall.{read,write} { t0[tid()] = gettimeofday_us() }
probe syscall.{read,write}.return { if (!([tid()] in t0)) next
  reads[execname(), name] <<< gettimeofday_us() - t0[tid()]
  delete t0[tid()] }
probe timer.s(5), end { foreach ([e, n] in reads @sum- limit 10) {
  printf("%-20s %s %d\n", e, n, @sum(reads[e, n])) } delete reads }
)",
          R"(probe process("/bin/sh").function("main").call, process(@1).mark("x") ? {
  printf("%s %s\n", $$parms$, user_string(@choose(1)->argv[0])) })",
      }) {
    Environment environment;
    environment.args = {"/bin/bash"};
    const std::string macro = "@define choose(x) %( @cast(@x, \"s\") %)\n";
    EXPECT_EQ(ParseScript(macro + script, environment).errors(), "") << script;
  }
}

TEST(Clone, ACopyLooksTheSame) {
  const Parsed parsed = ParseScript(R"(
function f(a, b) {
  x = a ? -b : ~a . "s"; y[1, *] <<< @count(a[1]) + @hist_log(s)[3]
  if ([a, b] in y && x =~ "re" || x in y) { delete y[1] } else ;
  for (i = 0; i < 3; ++i) { continue }
  foreach (v = [k, l-] in y[*, 1] limit 3) break
  foreach (v in @hist_linear(s, 1, 2, 3)) break
  try { return $x->a[1]$ + @cast(x, "t")->b + &@var("q")->c } catch (m) { next }
  try { } catch { event e { p = @entry($x), q = @defined($y), r = @perf("p") } }
  printdln(",", @const("C"), sprintf("%d", !a), @avg(s), @variance(s, 2))
})");
  ASSERT_EQ(parsed.errors(), "");
  const Stmt& body = *parsed.file->functions[0]->body;
  TreeWriter original;
  original.Write(body);
  const StmtPtr copy = Clone(body);
  TreeWriter copied;
  copied.Write(*copy);
  EXPECT_EQ(copied.Take(), original.Take());
  EXPECT_EQ(copy->span, body.span);
  EXPECT_EQ(As<Block>(*copy).statements[3]->tok.span, As<Block>(body).statements[3]->tok.span);
}

}  // namespace
}  // namespace podtap::lang
