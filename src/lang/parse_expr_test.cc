#include <gtest/gtest.h>

#include "lang/parse_testing.h"

namespace podtap::lang {
namespace {

TEST(Expression, PrecedenceIsSystemTaps) {
  // Each pair: the looser operator first; the tighter one binds its operands.
  const std::pair<std::string, std::string> cases[] = {
      {"a || b && c", "logical ||(variable a, logical &&(variable b, variable c))"},
      {"a && b | c", "logical &&(variable a, binary |(variable b, variable c))"},
      {"a | b ^ c", "binary |(variable a, binary ^(variable b, variable c))"},
      {"a ^ b & c", "binary ^(variable a, binary &(variable b, variable c))"},
      {"a & b in c", "binary &(variable a, in c(variable b))"},
      {"a == b in c", "in c(binary ==(variable a, variable b))"},
      {"a == b << c", "binary ==(variable a, binary <<(variable b, variable c))"},
      {"a . b << c", "binary <<(binary .(variable a, variable b), variable c)"},
      {"a . b + c", "binary .(variable a, binary +(variable b, variable c))"},
      {"a + b * c", "binary +(variable a, binary *(variable b, variable c))"},
      {"a * -b", "binary *(variable a, unary -(variable b))"},
      {"-a++", "unary -(increment x++(variable a))"},
      {"(a + b) * c", "binary *(binary +(variable a, variable b), variable c)"},
      {"a == b =~ \"x\"", "regex =~ \"x\"(binary ==(variable a, variable b))"},
      {"!a in b", "in b(unary !(variable a))"},
  };
  for (const auto& [script, tree] : cases) EXPECT_EQ(ExprTree(script), tree) << script;
}

TEST(Expression, AssociatesToTheLeftExceptAssignmentAndTernary) {
  EXPECT_EQ(ExprTree("a - b - c"), "binary -(binary -(variable a, variable b), variable c)");
  EXPECT_EQ(ExprTree("a < b == c"), "binary ==(binary <(variable a, variable b), variable c)");
  EXPECT_EQ(ExprTree("a = b = 1"), "assign =(variable a, assign =(variable b, number 1))");
  EXPECT_EQ(ExprTree("a ? b : c ? d : e"),
            "ternary(variable a, variable b, ternary(variable c, variable d, variable e))");
  EXPECT_EQ(ExprTree("x = a = b ? c : d = e"),
            "assign =(variable x, assign =(variable a, ternary(variable b, variable c, "
            "assign =(variable d, variable e))))");
}

TEST(Expression, EveryOperator) {
  for (const std::string op : {"+", "-", "*", "/", "%", "<<", ">>", ">>>", "&", "|", "^",
                               "==", "!=", "<", "<=", ">", ">=", "."}) {
    EXPECT_EQ(ExprTree("a " + op + " b"), "binary " + op + "(variable a, variable b)");
  }
  for (const std::string op :
       {"=", "+=", "-=", "*=", "/=", "%=", "<<=", ">>=", ">>>=", "&=", "|=", "^=", ".=", "<<<"}) {
    EXPECT_EQ(ExprTree("a[1] " + op + " b"), "assign " + op + "(element a(number 1), variable b)");
  }
  for (const std::string op : {"-", "+", "!", "~"}) {
    EXPECT_EQ(ExprTree(op + "a"), "unary " + op + "(variable a)");
  }
  EXPECT_EQ(ExprTree("a++"), "increment x++(variable a)");
  EXPECT_EQ(ExprTree("--a[1]"), "increment --x(element a(number 1))");
  EXPECT_EQ(ExprTree("s !~ \"a|b\""), "regex !~ \"a|b\"(variable s)");
}

TEST(Expression, Literals) {
  EXPECT_EQ(ExprTree("0x10"), "number 16");
  EXPECT_EQ(ExprTree("0777"), "number 511");
  EXPECT_EQ(ExprTree("18446744073709551615"), "number -1");
  EXPECT_EQ(ExprTree(R"("a\n" "b" /* c */ "d")"), R"(string "a\nbd")");
  Environment environment;
  environment.args = {"x\\ny"};
  EXPECT_EQ(ExprTree("\"a\" @1", environment), R"(string "ax\\ny")");
}

TEST(Expression, ArraysAndCalls) {
  EXPECT_EQ(ExprTree("f()"), "call f");
  EXPECT_EQ(ExprTree("f(1, \"x\", g(y))"), "call f(number 1, string \"x\", call g(variable y))");
  EXPECT_EQ(ExprTree("a[1, b, *]"), "element a(number 1, variable b, *)");
  EXPECT_EQ(ExprTree("[a, *] in arr"), "in arr(variable a, *)");
  EXPECT_EQ(ExprTree("x in arr"), "in arr(variable x)");
  EXPECT_EQ(ExprTree("a[*&&1]").find("parse error"), 0u);
}

TEST(Expression, TargetsWithTheirPaths) {
  EXPECT_EQ(ExprTree("$task"), "target $task");
  EXPECT_EQ(ExprTree("$$vars"), "target $$vars");
  EXPECT_EQ(ExprTree("$x->a->b[i].c$"), "target $x(->a, ->b, [](variable i), ->c, $)");
  EXPECT_EQ(ExprTree("$x->next->string$$"), "target $x(->next, ->string, $$)");
  EXPECT_EQ(ExprTree("$$parms$"), "target $$parms($)");
  EXPECT_EQ(ExprTree("&$x->y"), "target &$x(->y)");
  EXPECT_EQ(ExprTree("$$vars . \"x\""), "binary .(target $$vars, string \"x\")");
  EXPECT_EQ(ExprTree("$x$ . s"), "binary .(target $x($), variable s)");
  EXPECT_EQ(ExprTree("a & $x"), "binary &(variable a, target $x)");
  EXPECT_EQ(ExprTree("$x = 3"), "assign =(target $x, number 3)");
}

TEST(Expression, AtWords) {
  EXPECT_EQ(ExprTree("@cast(p, \"task_struct\", \"kernel\")->a->b[3]$"),
            "cast \"task_struct\", \"kernel\"(variable p, ->a, ->b, [](number 3), $)");
  EXPECT_EQ(ExprTree("&@cast(p, \"s\")->m"), "cast &\"s\"(variable p, ->m)");
  EXPECT_EQ(ExprTree("@var(\"x@file.c\", \"mod\")->y"), "target @var(\"x\", \"file.c,mod\")(->y)");
  EXPECT_EQ(ExprTree("@entry($x)"), "@entry(target $x)");
  EXPECT_EQ(ExprTree("@defined($x->y)"), "@defined(target $x(->y))");
  EXPECT_EQ(ExprTree("@perf(\"instructions\")"), "@perf \"instructions\"");
  EXPECT_EQ(ExprTree("@const(\"EINVAL\")"), "@const \"EINVAL\"");
  EXPECT_EQ(ExprTree("@probewrite(x)"), "call @probewrite(variable x)");
}

TEST(Expression, Statistics) {
  EXPECT_EQ(ExprTree("@count(a[1,2])"), "@count(element a(number 1, number 2))");
  EXPECT_EQ(ExprTree("@variance(x, 3)"), "@variance 3(variable x)");
  for (const std::string op : {"@sum", "@min", "@max", "@avg", "@variance"}) {
    EXPECT_EQ(ExprTree(op + "(x)"), op + "(variable x)");
  }
  EXPECT_EQ(ExprTree("@hist_linear(x, -5, 100, 10)[i]"),
            "bucket(@hist_linear -5 100 10(variable x), variable i)");
  EXPECT_EQ(ExprTree("print(@hist_log(x))"), "print(@hist_log(variable x))");
}

TEST(Expression, ThePrintFamily) {
  EXPECT_EQ(ExprTree("print(1, x)"), "print(number 1, variable x)");
  EXPECT_EQ(ExprTree("println()"), "print newline");
  EXPECT_EQ(ExprTree("printf(\"%d\\n\", x)"), "printf \"%d\\n\"(variable x)");
  EXPECT_EQ(ExprTree("printf(\"a\" \"b\")"), "printf \"ab\"");
  EXPECT_EQ(ExprTree("printd(\",\", 1, 2)"), "printd \",\"(number 1, number 2)");
  EXPECT_EQ(ExprTree("printdln(\",\", 1)"), "printd \",\" newline(number 1)");
  EXPECT_EQ(ExprTree("sprint(x)"), "sprint(variable x)");
  EXPECT_EQ(ExprTree("sprintf(\"%s\", x)"), "sprintf \"%s\"(variable x)");
  EXPECT_EQ(ExprTree("sprintln(x)"), "sprint newline(variable x)");
  EXPECT_EQ(ExprTree("sprintd(\".\", x)"), "sprintd \".\"(variable x)");
  EXPECT_EQ(ExprTree("sprintdln(\".\", x)"), "sprintd \".\" newline(variable x)");
  EXPECT_EQ(ExprTree("print_stack(x)"), "call print_stack(variable x)");
  EXPECT_EQ(ExprTree("print"), "variable print");
}

TEST(Expression, TheTokenToBlame) {
  const Parsed parsed = ParseScript("probe begin { x = f(1) / g[2] }");
  ASSERT_EQ(parsed.errors(), "");
  const auto& block = As<Block>(*parsed.file->probes[0]->body);
  const auto& assign = As<Assign>(*As<ExprStmt>(*block.statements[0]).value);
  const auto& divide = As<Binary>(*assign.value);
  const auto describe = [&parsed](const Token& tok) {
    return source::DescribeToken(parsed.sources, tok.span, tok.token_class) + " " +
           parsed.sources.Where(tok.span);
  };
  EXPECT_EQ(describe(assign.tok), "operator '=' t.stp:1:17");
  EXPECT_EQ(describe(divide.tok), "operator '/' t.stp:1:24");
  EXPECT_EQ(describe(divide.left->tok), "identifier 'f' t.stp:1:19");
  EXPECT_EQ(describe(divide.right->tok), "identifier 'g' t.stp:1:26");
  EXPECT_EQ(parsed.sources.Text(divide.span), "f(1) / g[2]");
  EXPECT_EQ(parsed.sources.Text(assign.span), "x = f(1) / g[2]");
  EXPECT_EQ(parsed.sources.Text(block.span), "{ x = f(1) / g[2] }");
}

}  // namespace
}  // namespace podtap::lang
