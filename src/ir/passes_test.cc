// Capacities, the optimiser, the verifier and the text form, on small modules
// written as text.
#include "ir/passes.h"

#include <gtest/gtest.h>

#include "ir/graph.h"

namespace podtap::ir {
namespace {

Module Make(const std::string& text) {
  Result<Module> module = Read("limits 512 1000 10000 2048 10 0 target 0\n" + text);
  EXPECT_TRUE(module.has_value()) << (module ? "" : module.error().Message());
  return module ? std::move(*module) : Module{};
}

std::string Body(const Module& module) {
  const std::string text = Dump(module);
  return text.substr(text.find("  block 0"));
}

TEST(TextForm, ComesBackAsItWas) {
  const std::string text =
      "limits 512 1000 10000 2048 10 0 target 7\n"
      "literal \"a \\\"b\\\" \\\\ \\n\\x01\"\n"
      "format lit\"x = \" d:-0:w5:p2 s times lit\"\\n\"\n"
      "global \"g\" long max 2048 kernel init -3\n"
      "global \"a\" string:16 max 10 key i64 key str:24 wrap print text \"q\"\n"
      "global \"s\" stats max 2048 log linear 0 100 10\n"
      "event \"kill\" i64 \"pid\" str:0 \"name\"\n"
      "table \"signal\" hex \"SIG_0\" \"SIGHUP\"\n"
      "iteration global 1 sort -1 column 2 stat 0 key %0 key %1 value %1 any only %0\n"
      "site \"operator '/' at f.stp:1:2\" \"f.stp\" 1 2\n"
      "program \"begin\" written \"begin\" attach begin -5\n"
      "  reg i64\n"
      "  reg str:16 \"name\"\n"
      "  reg ptr:123\n"
      "  reg chain\n"
      "  block 0\n"
      "    %0 = load %2 imm 16 size 4 signed !0\n"
      "    _, %0 = map.set @0 %0 %1 imm 1\n"
      "    branch %0 1 2 !0\n"
      "  block 1\n"
      "    jump 2\n"
      "  block 2\n"
      "    return\n"
      "program \"kernel.trace(\\\"x\\\")\" written \"y\" attach tracepoint \"signal\" \"x\" 99\n"
      "  block 0\n"
      "    return\n";
  Result<Module> module = Read(text);
  ASSERT_TRUE(module.has_value()) << module.error().Message();
  EXPECT_EQ(Dump(*module), text);
}

TEST(TextForm, SaysWhichLineIsWrong) {
  const Result<Module> module = Read("literal \"a\"\nnonsense 1\n");
  ASSERT_FALSE(module.has_value());
  EXPECT_NE(module.error().Message().find("line 2"), std::string::npos);
}

TEST(Caps, ACommTakesSixteenBytesAndAConcatenationTheSum) {
  Module module = Make(
      "literal \"12345678\"\n"
      "format s s\n"
      "program \"begin\" written \"begin\" attach begin 0\n"
      "  reg str:0\n  reg str:0\n"
      "  block 0\n"
      "    %0 = context imm 13\n"
      "    %1 = format %0 @0 imm 0\n"
      "    return\n");
  InferCaps(module);
  EXPECT_EQ(module.programs[0].regs[0].cap, 16u);
  EXPECT_EQ(module.programs[0].regs[1].cap, 40u);  // 16 + 16 + 1, rounded up
}

TEST(Caps, AStringThatGrowsInALoopGetsTheLimit) {
  Module module = Make(
      "literal \"x\"\n"
      "format s s\n"
      "program \"begin\" written \"begin\" attach begin 0\n"
      "  reg str:0\n  reg str:0\n"
      "  block 0\n"
      "    %1 = format %0 @0 imm 0\n"
      "    %0 = move %1\n"
      "    jump 0\n");
  InferCaps(module);
  EXPECT_EQ(module.programs[0].regs[0].cap, 512u);
}

TEST(Caps, GlobalsCarryThemFromProgramToProgram) {
  Module module = Make(
      "literal \"a name of twenty-six bytes\"\n"
      "global \"g\" string:0 max 2048\n"
      "program \"begin\" written \"begin\" attach begin 0\n"
      "  block 0\n"
      "    global.store @0\n"
      "    return\n"
      "program \"end\" written \"end\" attach end 0\n"
      "  reg str:0\n"
      "  block 0\n"
      "    %0 = global.load\n"
      "    return\n");
  InferCaps(module);
  EXPECT_EQ(module.globals[0].value_cap, 32u);
  EXPECT_EQ(module.programs[1].regs[0].cap, 32u);
}

constexpr const char* kKernelWritesAString =
    "literal \"x\"\n"
    "global \"written\" string:0 max 2048 kernel print text \"first\"\n"
    "global \"read\" string:0 max 2048 kernel\n"
    "program \"k\" written \"k\" attach tracepoint \"a\" \"b\" 1\n"
    "  reg str:0\n"
    "  block 0\n"
    "    %0 = global.load imm 1\n"
    "    global.store %0\n"
    "    return\n"
    "program \"begin\" written \"begin\" attach begin 0\n"
    "  reg str:0\n"
    "  block 0\n"
    "    global.store @0 imm 1\n"
    "    %0 = global.load\n"
    "    return\n";

TEST(BoxStrings, WhatTheKernelWritesIsAnElement) {
  Module module = Make(kKernelWritesAString);
  BoxStrings(module);
  EXPECT_TRUE(module.globals[0].boxed);
  EXPECT_EQ(module.globals[0].keys.size(), 1u);
  EXPECT_FALSE(module.globals[1].boxed);
  const std::string dump = Dump(module);
  EXPECT_NE(dump.find("%0 = global.load imm 1\n    map.set %0 0\n"), std::string::npos) << dump;
  EXPECT_NE(dump.find("global.store @0 imm 1\n    %0 = map.get 0\n"), std::string::npos) << dump;
  EXPECT_EQ(Dump(Make(dump)), dump);
  InferCaps(module);
  EXPECT_TRUE(Verify(module).has_value());
  // When the user-side programs run in the kernel too, the other is written there.
  Module both = Make(kKernelWritesAString);
  BoxStrings(both, true);
  EXPECT_TRUE(both.globals[1].boxed);
}

TEST(StoreCalls, OneForEachChangeOfASharedArray) {
  Module module = Make(
      "global \"shared\" long max 2048 key str:16 key i64 kernel\n"
      "global \"own\" long max 2048 key i64\n"
      "global \"stats\" stats max 2048 key i64 kernel\n"
      "literal \"a long key\"\n"
      "program \"k\" written \"k\" attach tracepoint \"a\" \"b\" 1\n"
      "  block 0\n"
      "    map.add 1 @0 2\n"
      "    return\n"
      "program \"begin\" written \"begin\" attach begin 0\n"
      "  block 0\n"
      "    map.add 1 @0 2\n"
      "    map.add 1 @0 3\n"
      "    map.add 1 2 imm 1\n"
      "    stat.push 5 2 imm 2\n"
      "    return\n");
  InferCaps(module);
  AddStoreCalls(module);
  ASSERT_EQ(module.programs.size(), 4u);
  const auto* add = std::get_if<AttachCall>(&module.programs[2].attach);
  ASSERT_NE(add, nullptr);
  EXPECT_EQ(add->global, 0u);
  EXPECT_EQ(add->first_key, 3u);
  EXPECT_EQ(add->full(), 7u);
  EXPECT_EQ(module.globals[3].value_cap, 16u);
  EXPECT_TRUE(module.globals[7].in_kernel);
  EXPECT_EQ(module.programs[3].name, "stat.push on stats");
  const Result<void> verified = Verify(module);
  EXPECT_TRUE(verified.has_value()) << verified.error().Message();
  const std::string dump = Dump(module);
  EXPECT_EQ(Dump(Make(dump)), dump);
}

TEST(Optimise, DropsWhatNobodyReads) {
  Module module = Make(
      "program \"begin\" written \"begin\" attach begin 0\n"
      "  reg i64\n  reg i64\n"
      "  block 0\n"
      "    %0 = arg imm 1\n"
      "    %1 = add %0 1\n"
      "    return\n");
  Optimise(module);
  EXPECT_EQ(Body(module), "  block 0\n    return\n");
}

TEST(Optimise, MovesAComputationIntoTheBranchThatNeedsIt) {
  Module module = Make(
      "format d\n"
      "program \"begin\" written \"begin\" attach begin 0\n"
      "  reg i64\n  reg i64\n  reg i64\n"
      "  block 0\n"
      "    %0 = arg imm 0\n"
      "    %1 = arg imm 1\n"
      "    %2 = eq %0 5\n"
      "    branch %2 1 2\n"
      "  block 1\n"
      "    print %1\n"
      "    jump 2\n"
      "  block 2\n"
      "    return\n");
  Optimise(module);
  EXPECT_EQ(Body(module),
            "  block 0\n"
            "    %0 = arg\n"
            "    %2 = eq %0 5\n"
            "    branch %2 1 2\n"
            "  block 1\n"
            "    %1 = arg imm 1\n"
            "    print %1\n"
            "    jump 2\n"
            "  block 2\n"
            "    return\n");
}

TEST(Optimise, KeepsAVariableThatIsSetOnOnePathOnly) {
  Module module = Make(
      "format d\n"
      "program \"begin\" written \"begin\" attach begin 0\n"
      "  reg i64\n  reg i64\n"
      "  block 0\n"
      "    %0 = arg\n"
      "    branch %0 1 2\n"
      "  block 1\n"
      "    %1 = move 5\n"
      "    jump 2\n"
      "  block 2\n"
      "    print %1\n"
      "    return\n");
  Optimise(module);
  EXPECT_NE(Body(module).find("print %1"), std::string::npos);
}

TEST(Verify, RefusesAUserOnlyOpInTheKernelAndAWrongType) {
  Module module = Make(
      "global \"s\" stats max 2048\n"
      "program \"k\" written \"k\" attach tracepoint \"a\" \"b\" 1\n"
      "  block 0\n"
      "    histogram\n"
      "    return\n");
  const Result<void> user_only = Verify(module);
  ASSERT_FALSE(user_only.has_value());
  EXPECT_NE(user_only.error().Message().find("histogram can't run in the kernel"),
            std::string::npos);
  module = Make(
      "literal \"x\"\n"
      "program \"begin\" written \"begin\" attach begin 0\n"
      "  reg i64\n"
      "  block 0\n"
      "    %0 = add @0 1\n"
      "    return\n");
  EXPECT_FALSE(Verify(module).has_value());
}

TEST(Graph, KnowsDominatorsAndLoops) {
  const Module module = Make(
      "program \"begin\" written \"begin\" attach begin 0\n"
      "  reg i64\n"
      "  block 0\n    jump 1\n"
      "  block 1\n    branch %0 2 3\n"
      "  block 2\n    jump 1\n"
      "  block 3\n    return\n"
      "  block 4\n    return\n");
  const Graph graph = Analyse(module.programs[0]);
  EXPECT_FALSE(graph.reachable[4]);
  EXPECT_TRUE(graph.Dominates(1, 3));
  EXPECT_FALSE(graph.Dominates(2, 3));
  EXPECT_TRUE(graph.in_cycle[1]);
  EXPECT_TRUE(graph.in_cycle[2]);
  EXPECT_FALSE(graph.in_cycle[3]);
}

}  // namespace
}  // namespace podtap::ir
