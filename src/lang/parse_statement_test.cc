#include <gtest/gtest.h>

#include "lang/parse_testing.h"

namespace podtap::lang {
namespace {

TEST(Statement, NeedsNoSeparator) {
  EXPECT_EQ(Body("x++ if (x < 0) println(x)"),
            "expression(increment x++(variable x)); "
            "if(binary <(variable x, number 0), expression(print newline(variable x)))");
  EXPECT_EQ(Body("a = 1; b = 2\nc = 3;;"),
            "expression(assign =(variable a, number 1)); "
            "expression(assign =(variable b, number 2)); "
            "expression(assign =(variable c, number 3)); null");
}

TEST(Statement, If) {
  EXPECT_EQ(Body("if (a) b(); else if (c) { d() } else { }"),
            "if(variable a, expression(call b), else, "
            "if(variable c, block(expression(call d)), else, block))");
  EXPECT_EQ(Body("if (a) ;"), "if(variable a, null)");
}

TEST(Statement, Loops) {
  EXPECT_EQ(Body("for (i = 0; i < 9; i++) f(i)"),
            "for(init(assign =(variable i, number 0)), condition(binary <(variable i, number 9)), "
            "step(increment x++(variable i)), expression(call f(variable i)))");
  EXPECT_EQ(Body("for (;;) { break }"), "for(block(break))");
  EXPECT_EQ(Body("while (1) { if (x) continue; break }"),
            "for(condition(number 1), block(if(variable x, continue), break))");
}

TEST(Statement, EveryFormOfForeach) {
  EXPECT_EQ(Body("foreach (k in a) ;"), "foreach in a(variable k, null)");
  EXPECT_EQ(Body("foreach ([a,b] in arr-) ;"),
            "foreach in arr descending by value(variable a, variable b, null)");
  EXPECT_EQ(Body("foreach (k+ in h) ;"), "foreach in h ascending by key 1(variable k, null)");
  EXPECT_EQ(Body("foreach ([a, b-] in h) ;"),
            "foreach in h descending by key 2(variable a, variable b, null)");
  EXPECT_EQ(Body("foreach (k in h- limit 2) ;"),
            "foreach in h descending by value(variable k, limit(number 2), null)");
  EXPECT_EQ(Body("foreach (v = [a,b] in arr[*, 3] @sum- limit n + 1) { break }"),
            "foreach in arr descending by @sum(value(variable v), variable a, variable b, "
            "slice(*, number 3), limit(binary +(variable n, number 1)), block(break))");
  EXPECT_EQ(Body("foreach (x in @hist_log(s)) ;"),
            "foreach(variable x, @hist_log(variable s), null)");
  EXPECT_EQ(Body("foreach (v = x in @hist_linear(s[1], 0, 9, 1)) ;"),
            "foreach(value(variable v), variable x, "
            "@hist_linear 0 9 1(element s(number 1)), null)");
}

TEST(Statement, TheSmallOnes) {
  EXPECT_EQ(Body("return 1"), "return(number 1)");
  EXPECT_EQ(Body("return; x = 1"), "return; expression(assign =(variable x, number 1))");
  EXPECT_EQ(Body("if (a) { return } next"), "if(variable a, block(return)); next");
  EXPECT_EQ(Body("delete a delete a[1, *] delete x;"),
            "delete(variable a); delete(element a(number 1, *)); delete(variable x)");
  EXPECT_EQ(Body("try { f() } catch (msg) { log(msg) }"),
            "try(block(expression(call f)), catch, variable msg, "
            "block(expression(call log(variable msg))))");
  EXPECT_EQ(Body("try { } catch { next }"), "try(block, catch, block(next))");
}

TEST(Statement, EventIsAStatementOnlyBeforeANameAndABrace) {
  EXPECT_EQ(Body("event kill { sender = pid(), signal = sig_name, limit = 3, }"),
            "event kill(sender(call pid), signal(variable sig_name), limit(number 3))");
  EXPECT_EQ(Body("event none { }"), "event none");
  EXPECT_EQ(Body("event = event + 1"),
            "expression(assign =(variable event, binary +(variable event, number 1)))");
  EXPECT_EQ(Body("event(1)"), "expression(call event(number 1))");
}

TEST(Statement, EmbeddedCodeNeedsGuruMode) {
  Environment guru;
  guru.guru_mode = true;
  EXPECT_EQ(Body("%{ code %} x = %{ 1 %}", guru),
            "embedded \"%{ code %}\"; expression(assign =(variable x, embedded \" 1 \"))");
}

TEST(Statement, TheTokenToBlameIsTheFirst) {
  const Parsed parsed = ParseScript("probe begin { while(1) { x++ if (x < 0) println(x) } }");
  ASSERT_EQ(parsed.errors(), "");
  const auto& block = As<Block>(*parsed.file->probes[0]->body);
  const auto& loop = As<For>(*block.statements[0]);
  EXPECT_EQ(parsed.sources.Where(loop.tok.span), "t.stp:1:15");
  EXPECT_EQ(loop.tok.token_class, source::TokenClass::kKeyword);
  const auto& body = As<Block>(*loop.body);
  EXPECT_EQ(parsed.sources.Where(body.statements[0]->tok.span), "t.stp:1:26");
  EXPECT_EQ(parsed.sources.Where(body.statements[1]->tok.span), "t.stp:1:30");
  EXPECT_EQ(body.statements[1]->tok.token_class, source::TokenClass::kKeyword);
}

}  // namespace
}  // namespace podtap::lang
