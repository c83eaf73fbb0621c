// Aliases: which probes a point becomes, and what is said when it is none.
#include <gtest/gtest.h>

#include "lang/check/alias_tree.h"
#include "lang/check/check_fixture.h"

namespace podtap::lang::check {
namespace {

const char* const kSignal = R"(
probe signal.send = kernel.trace("signal_generate") { sig = $sig  name = "signal_generate" }
probe signal.handle = kernel.trace("signal_deliver") { sig = $sig  name = "signal_deliver" }
probe signal.pending = kernel.trace("pending") { name = "p" }
probe signal.flush = kernel.trace("flush") { name = "f" }
probe signal.syskill = kernel.trace("syskill") { name = "k" }
)";

// "POINT written WRITTEN group N", one a line.
std::string Points(const Checked& checked) {
  std::string text;
  for (const Probe& probe : checked.script.probes) {
    text += JoinComponents(probe.point.components);
    text += probe.point.optional ? "?" : "";
    text += probe.point.sufficient ? "!" : "";
    text += " " + probe.written + " " + std::to_string(probe.group) + " " +
            std::to_string(probe.bodies.size()) + " bodies " +
            std::to_string(probe.conditions.size()) + " conditions\n";
  }
  return text;
}

TEST(Alias, WildcardsMatchWholeNames) {
  EXPECT_TRUE(MatchesWildcard("s*d", "send"));
  EXPECT_TRUE(MatchesWildcard("*", ""));
  EXPECT_TRUE(MatchesWildcard("?end", "send"));
  EXPECT_FALSE(MatchesWildcard("?end", "end"));
  EXPECT_FALSE(MatchesWildcard("s*", "xs"));
  EXPECT_TRUE(MatchesWildcard("*a*b", "xaab"));
}

TEST(Alias, PrologueComesFirstAndSharesLocals) {
  const auto checked = CheckText("probe signal.send { println(sig, name) }", {kSignal});
  EXPECT_EQ(checked->Said(), "");
  EXPECT_EQ(checked->Dumped(),
            R"(probe kernel.trace("signal_generate") written signal.send
  local sig:long
  local name:string
  block
    expression
      assign = :long
        variable sig local#0 :long
        target $sig :long
    expression
      assign = :string
        variable name local#1 :string
        string "signal_generate"
  block
    expression
      print newline
        variable sig local#0 :long
        variable name local#1 :string
)");
}

TEST(Alias, WildcardExpandsToEachInTheOrderOfTheText) {
  const auto checked = CheckText("probe signal.*e* { println(name) }", {kSignal});
  EXPECT_EQ(Points(*checked),
            "kernel.trace(\"signal_generate\")? signal.send 0 2 bodies 0 conditions\n"
            "kernel.trace(\"signal_deliver\")? signal.handle 0 2 bodies 0 conditions\n"
            "kernel.trace(\"pending\")? signal.pending 0 2 bodies 0 conditions\n");
}

TEST(Alias, PrimitivePointsStay) {
  const auto checked =
      CheckText("probe kernel.trace(\"sched:*\"), timer.ms(300), process(\"/bin/x\").begin ? { }");
  EXPECT_EQ(checked->Said(), "");
  EXPECT_EQ(Points(*checked),
            "kernel.trace(\"sched:*\") kernel.trace(\"sched:*\") 0 1 bodies 0 conditions\n"
            "timer.ms(300) timer.ms(300) 0 1 bodies 0 conditions\n"
            "process(\"/bin/x\").begin? process(\"/bin/x\").begin 0 1 bodies 0 conditions\n");
}

TEST(Alias, SuffixGoesToTheAliasesPoints) {
  const auto checked = CheckText(
      "probe vfs = kernel.function(\"vfs_read\") { }"
      "probe vfs.return { }");
  EXPECT_EQ(Points(*checked),
            "kernel.function(\"vfs_read\").return vfs.return 0 2 bodies 0 conditions\n");
}

TEST(Alias, EpiloguesRunAfterAndConditionsAddUp) {
  const auto checked = CheckText(R"(global on, off
probe a = timer.s(1) if (on) { x = 1 }
probe b += a if (off) { y = 2 }
probe b { on = 1 off = 1 z = 3 }
)");
  EXPECT_EQ(checked->Said(), "");
  EXPECT_EQ(Points(*checked), "timer.s(1) b 0 3 bodies 2 conditions\n");
  const auto& locals = checked->script.probes.at(0).locals;
  ASSERT_EQ(locals.size(), 3u);
  EXPECT_EQ(locals[0].name + locals[1].name + locals[2].name, "xzy");
}

TEST(Alias, SufficientListsAreGroups) {
  const auto checked = CheckText(R"(
probe a = kernel.trace("x") !, kernel.trace("y") { }
probe a, timer.s(1) { }
probe signal.send !, timer.s(2) { println(sig) }
)",
                                 {kSignal});
  EXPECT_EQ(Points(*checked),
            "kernel.trace(\"x\")! a 1 2 bodies 0 conditions\n"
            "kernel.trace(\"y\") a 1 2 bodies 0 conditions\n"
            "timer.s(1) timer.s(1) 0 1 bodies 0 conditions\n"
            "kernel.trace(\"signal_generate\")! signal.send 2 2 bodies 0 conditions\n"
            "timer.s(2) timer.s(2) 2 1 bodies 0 conditions\n");
}

TEST(Alias, TypesDifferPerExpansion) {
  const auto checked = CheckText(
      "probe a = timer.s(1) { v = 1 } probe b = timer.s(2) { v = \"s\" }"
      "probe a, b { println(v) }");
  EXPECT_EQ(checked->Said(), "");
  ASSERT_EQ(checked->script.probes.size(), 2u);
  EXPECT_EQ(checked->script.probes[0].locals[0].type, Type::kLong);
  EXPECT_EQ(checked->script.probes[1].locals[0].type, Type::kString);
}

TEST(Alias, UsersAliasHidesTheTapsetsAndMayUseIt) {
  const auto checked =
      CheckText("probe signal.send = signal.send { mine = 1 } probe signal.send { println(mine) }",
                {kSignal});
  EXPECT_EQ(checked->Said(), "");
  EXPECT_EQ(Points(*checked),
            "kernel.trace(\"signal_generate\") signal.send 0 3 bodies 0 conditions\n");
}

TEST(Alias, PrivateAliasIsSeenInItsFileOnly) {
  EXPECT_EQ(Said("probe hidden.x { }", {"private probe hidden.x = timer.s(1) { }"}),
            "1:14 probe point mismatch\n");
}

TEST(Alias, MismatchNamesWhatMayFollow) {
  const auto checked = CheckText("probe signal.sendd { println(\"x\") }", {kSignal});
  EXPECT_EQ(checked->Said(),
            "1:14 probe point mismatch (similar: send, handle, pending, flush, syskill)\n");
  const source::Diagnostic& diagnostic = checked->diagnostics.all().at(0);
  EXPECT_EQ(checked->sources.Text(diagnostic.used_from), "signal");
  EXPECT_EQ(Said("probe sygnal.send { }", {kSignal}),
            "1:7 probe point mismatch (similar: signal, syscall)\n");
  EXPECT_EQ(Said("probe kernal.trace(\"x\") { }"), "1:7 probe point mismatch (similar: kernel)\n");
}

TEST(Alias, MismatchInsideAnAliasPointsThere) {
  const auto checked = CheckText("probe a { }", {"probe a = signal.sendd { }", kSignal});
  EXPECT_EQ(checked->Said(),
            "tapset:1:18 probe point mismatch (similar: send, handle, pending, flush, syskill)\n");
  EXPECT_EQ(checked->sources.Where(checked->diagnostics.all().at(0).used_from), "user.stp:1:7");
}

TEST(Alias, OptionalPointsVanish) {
  const auto checked = CheckText("probe signal.sendd ?, begin { }", {kSignal});
  EXPECT_EQ(checked->Said(), "");
  EXPECT_EQ(Points(*checked), "begin begin 0 1 bodies 0 conditions\n");
}

TEST(Alias, CyclesAreReported) {
  EXPECT_EQ(Said("probe a = b { } probe b = a { } probe a { }"),
            "1:27 recursive loop in alias expansion of 'a'\n");
}

TEST(Alias, ExponentialGrowthEnds) {
  std::string text = "probe a0 = begin, begin { }\n";
  for (int i = 1; i < 40; ++i)
    text += "probe a" + std::to_string(i) + " = a" + std::to_string(i - 1) + ", a" +
            std::to_string(i - 1) + " { }\n";
  const std::string said = Said(text + "probe a39 { }");
  EXPECT_NE(said.find("too many probes after alias expansion\n"), std::string::npos) << said;
}

TEST(Alias, CostlyWildcardsEnd) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "probe a.n" + std::to_string(i) + ".b = begin { }\n";
  for (int i = 0; i < 3000; ++i) text += "probe *.**x" + std::to_string(i) + " ? { }\n";
  const std::string said = Said(text);
  EXPECT_NE(said.find("too many probes after alias expansion\n"), std::string::npos) << said;
}

TEST(Alias, LongPointsAreRefused) {
  std::string point = "a";
  for (int i = 0; i < 40; ++i) point += ".b";
  EXPECT_EQ(Said("probe " + point + " { }"), "1:7 probe point with more than 32 components\n");
}

TEST(Alias, RootOfAliasAndProvider) {
  const std::string tapset = "probe process.exec = kernel.trace(\"sched_process_exec\") { }";
  const auto checked = CheckText("probe process.exec, process.begin { }", {tapset});
  EXPECT_EQ(Points(*checked),
            "kernel.trace(\"sched_process_exec\") process.exec 0 2 bodies 0 conditions\n"
            "process.begin process.begin 0 1 bodies 0 conditions\n");
  const auto wild = CheckText("probe process.* { }", {tapset});
  EXPECT_EQ(Points(*wild),
            "kernel.trace(\"sched_process_exec\") process.exec 0 2 bodies 0 conditions\n"
            "process.*? process.* 0 1 bodies 0 conditions\n");
}

}  // namespace
}  // namespace podtap::lang::check
