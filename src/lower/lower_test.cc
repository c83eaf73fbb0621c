// From script text to ir on this machine's kernel types: what a program does and,
// as much, what it leaves undone. Skipped where the kernel has no BTF.
#include "lower/lower.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <string>

#include "ir/passes.h"
#include "kernel/older_kernel.h"
#include "lang/lang.h"
#include "probes/probes.h"
#include "source/diagnostic.h"

namespace podtap::lower {
namespace {

constexpr const char* kFunctions = R"(
function pid:long() %{ ctx.pid %}
function task_current:long() %{ ctx.current_task %}
function pid2task:long(pid:long) %{ task.from_pid %}
function task_pid:long(task:long) { return @cast(task, "task_struct")->tgid }
function task_execname:string(task:long) { return kernel_string(@cast(task, "task_struct")->comm) }
function kernel_string:string(addr:long) %{ kernel.str %}
function matched:string(n:long) %{ regex.group %}
function signal_str:string(num:long) %{ table.signal %}
function task_ancestry:string(task:long, with_time:long) %{ task.chain %}
probe signal.send = kernel.trace("signal:signal_generate") {
  sig = $sig
  sig_name = signal_str($sig)
  sig_pid = task_pid($task)
  pid_name = task_execname($task)
}
)";

struct Lowered {
  std::string ir;  // of the first program, from its first block on
  std::string diagnostics;
  ir::Module module;
};

class LowerTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists("/sys/kernel/btf/vmlinux")) {
      GTEST_SKIP() << "this kernel has no /sys/kernel/btf/vmlinux";
    }
  }

  Lowered Run(const std::string& text) {
    const auto kernel = kernel::MakeKernel();
    return RunOn(*kernel, text);
  }
  Lowered RunOn(kernel::Kernel& kernel, const std::string& text) {
    source::SourceSet sources;
    source::Diagnostics diagnostics;
    std::vector<std::unique_ptr<lang::File>> tapset;
    const auto library = sources.Add("tapset/test.stp", kFunctions, true);
    tapset.push_back(lang::Parse(sources, library, {}, diagnostics));
    const auto id = sources.Add("t.stp", text);
    auto user = lang::Parse(sources, id, {}, diagnostics);
    const lang::Script script = lang::Check(sources, std::move(user), std::move(tapset),
                                            probes::ProviderRoots(), {}, diagnostics);
    Lowered result;
    Result<ir::Module> module = Lower(sources, script, kernel, {}, diagnostics);
    result.diagnostics = source::Render(sources, diagnostics, false);
    EXPECT_TRUE(module.has_value());
    if (!module) return result;
    result.module = std::move(*module);
    ir::Optimise(result.module);
    ir::InferCaps(result.module);
    const Result<void> verified = ir::Verify(result.module);
    EXPECT_TRUE(verified.has_value()) << verified.error().Message();
    const std::string dump = ir::Dump(result.module);
    const size_t start = dump.find("  block 0");
    if (start != std::string::npos) result.ir = dump.substr(start);
    return result;
  }

  static size_t Count(const std::string& text, std::string_view word) {
    size_t count = 0;
    for (size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1))
      count++;
    return count;
  }
  static std::string FirstBlocks(const std::string& ir, int blocks) {
    return ir.substr(0, ir.find("  block " + std::to_string(blocks)));
  }
};

TEST_F(LowerTest, AFilterThatDoesNotMatchHasOnlyTested) {
  const Lowered lowered = Run(
      "global target_pid = 7942\n"
      "probe signal.send { if (sig_pid == target_pid) printf(\"%s %s\\n\", sig_name, pid_name) }");
  EXPECT_EQ(lowered.diagnostics, "");
  // Before the comparison: the argument, its guard, one load. The names wait.
  const std::string head = lowered.ir.substr(0, lowered.ir.find("eq %"));
  EXPECT_EQ(Count(head, "load"), 1u);
  EXPECT_EQ(Count(head, "load.str"), 0u);
  EXPECT_EQ(Count(head, "str.table"), 0u);
  EXPECT_EQ(Count(lowered.ir, "global.load"), 0u);  // nobody writes it: a constant
  EXPECT_NE(lowered.ir.find(" 7942"), std::string::npos);
}

TEST_F(LowerTest, TextThatIsOnlyPrintedIsNeverMade) {
  const Lowered lowered =
      Run("probe signal.send { line = sprintf(\"%d\", sig) . \"/\" . sig_name\n"
          "  println(line, task_ancestry(pid2task(pid()), 1)) }");
  EXPECT_EQ(lowered.diagnostics, "");
  EXPECT_EQ(Count(lowered.ir, " = format"), 0u);
  EXPECT_EQ(Count(lowered.ir, "str.table"), 0u);
  EXPECT_EQ(Count(lowered.ir, "chain.text"), 0u);
  EXPECT_EQ(Count(lowered.ir, "print"), 1u);
}

TEST_F(LowerTest, TextThatIsKeptIsMade) {
  const Lowered lowered =
      Run("global g\nprobe signal.send { g = sig_name . \"!\" }\n"
          "probe end { println(g) }");
  EXPECT_EQ(Count(lowered.ir, "str.table"), 1u);
  EXPECT_EQ(Count(lowered.ir, " = format"), 1u);
}

TEST_F(LowerTest, PidOfCurrentAsATaskIsItsGroupLeaderWithoutALookup) {
  const Lowered lowered = Run("probe signal.send { println(task_execname(pid2task(pid()))) }");
  EXPECT_EQ(Count(lowered.ir, "task.from_pid"), 0u);
  EXPECT_EQ(Count(lowered.ir, "load.str"), 1u);  // typed all the way
  EXPECT_EQ(Count(Run("probe signal.send { println(task_execname(pid2task(sig_pid))) }").ir,
                  "task.from_pid"),
            1u);
}

// A read in the right side of || must not be taken for known on the path that
// skips it.
TEST_F(LowerTest, WhatOnlyOnePathReadIsNotKnownBehindIt) {
  const Lowered lowered =
      Run("function f:long(m:long) { for (i = 0; m < 0 || i <= m; i++) { if (i >= 3) return i } "
          "return -1 }\nprobe signal.send { println(f(-1)) }");
  EXPECT_EQ(lowered.diagnostics, "");
  // Every register that is read has been written in some reachable block.
  const ir::Program& program = lowered.module.programs[0];
  std::set<ir::Reg> written;
  for (const ir::Block& block : program.blocks) {
    for (const ir::Instr& instr : block.instrs) {
      written.insert(instr.dst);
      written.insert(instr.dst2);
    }
  }
  for (const ir::Block& block : program.blocks) {
    for (const ir::Instr& instr : block.instrs) {
      for (const ir::Operand& operand : instr.args) {
        if (!operand.is_reg()) continue;
        EXPECT_TRUE(written.contains(operand.reg)) << lowered.ir;
      }
    }
  }
}

TEST_F(LowerTest, EveryPointerIsTestedBeforeItIsFollowed) {
  const Lowered lowered = Run("probe signal.send { println($task->real_parent->tgid) }");
  EXPECT_EQ(Count(lowered.ir, "ptr.ok"), 2u);
}

TEST_F(LowerTest, AProgramWithoutLoopsCountsNoActions) {
  EXPECT_EQ(Count(Run("probe signal.send { println(1) println(2) }").ir, " = sub"), 0u);
  EXPECT_GE(Count(Run("probe signal.send { while (1) println(2) }").ir, " = sub"), 1u);
}

TEST_F(LowerTest, RecursionEndsInMaxNesting) {
  const Lowered lowered =
      Run("function f:long(n:long) { return f(n + 1) }\nprobe signal.send { println(f(1)) }");
  EXPECT_EQ(lowered.diagnostics, "");
  bool found = false;
  for (const ir::Format& format : lowered.module.formats) {
    for (const ir::Directive& piece : format.pieces) found |= piece.text == "MAXNESTING exceeded";
  }
  EXPECT_TRUE(found);
}

TEST_F(LowerTest, WhatCannotRunIsNamed) {
  const auto expect = [&](const std::string& script, const std::string& message) {
    EXPECT_NE(Run(script).diagnostics.find(message), std::string::npos) << script << "\n"
                                                                        << Run(script).diagnostics;
  };
  expect("probe signal.send { println($nosuch) }",
         "unable to find tracepoint variable '$nosuch' (alternatives: $sig, $info, $task, $group, "
         "$result, $$name, $$parms, $$vars)");
  expect("probe signal.send { println($task->tgidd) }",
         "unable to find member 'tgidd' for struct task_struct (similar: tgid");
  expect("global s probe signal.send { s <<< 1 println(@variance(s)) }",
         "@variance can't run in a kernel probe yet");
  expect("global s probe signal.send { s <<< 1 print(@hist_log(s)) }",
         "a histogram can't run in a kernel probe yet");
  expect("global a probe signal.send { a[1]++ foreach (k- in a) println(k) }",
         "a sorted foreach can't run in a kernel probe yet");
  expect("probe begin { if (\"a\" =~ \"x(b\") println(1) }",
         "regular expression 'x(b': unbalanced '(' (at byte 2)");
  expect("probe begin { println($x) }", "there are no context variables here");
  expect("probe begin { println(@cast(0, \"nosuch_struct\")->x) }",
         "type definition 'nosuch_struct' not found");
}

TEST_F(LowerTest, ARegularExpressionKeepsGroupsOnlyWhereTheyAreAskedFor) {
  const std::string script = "probe signal.send { if (pid_name =~ \"a(b)\") println(1) }";
  const Lowered plain = Run(script);
  EXPECT_EQ(plain.diagnostics, "");
  EXPECT_EQ(Count(plain.ir, "regex.test"), 1u);
  EXPECT_EQ(Count(plain.ir, "regex.forget"), 0u);
  const Lowered kept = Run(script + " probe end { println(matched(0)) }");
  EXPECT_EQ(Count(kept.ir, "regex.match"), 1u);
  EXPECT_EQ(Count(kept.ir, "regex.forget"), 2u);
}

TEST_F(LowerTest, StatisticsKeepWhatIsAskedFor) {
  const Lowered lowered =
      Run("global s, t[9], unread probe signal.send { s <<< sig t[pid()] <<< 1 unread <<< 2 } "
          "probe end { println(@sum(s)) foreach (p in t @max-) println(p) }");
  EXPECT_EQ(lowered.diagnostics, "");
  EXPECT_EQ(Count(lowered.ir, "stat.push"), 3u);
  using F = ir::StatField;
  EXPECT_EQ(lowered.module.globals[0].stat_fields, ir::FieldBit(F::kSum));
  EXPECT_EQ(lowered.module.globals[1].stat_fields, ir::FieldBit(F::kMax));
  EXPECT_EQ(lowered.module.globals[2].stat_fields,
            ir::kAllStatFields & ~ir::FieldBit(F::kVariance));
}

TEST_F(LowerTest, ArraysAreWalkedOverInTheKernel) {
  const Lowered lowered =
      Run("global a probe signal.send { a[sig, pid()]++ foreach ([s, p] in a[9, *] limit 3) "
          "println(p) if ([*, 1] in a) delete a[*, 1] delete a }");
  EXPECT_EQ(lowered.diagnostics, "");
  for (const char* op : {"iter.begin", "iter.next", "map.has.some", "map.clear.some"}) {
    EXPECT_EQ(Count(lowered.ir, op), 1u) << op;
  }
  EXPECT_EQ(lowered.module.iterations[0].most, 1001u);  // MAXACTION and one
}

// What runs in a user-side probe of an old kernel all the same.
TEST_F(LowerTest, WhatAnOldKernelLacksIsNamedWithItsRelease) {
  const auto real = kernel::MakeKernel();
  kernel::OlderKernel old(*real);
  old.has.for_each_element = old.has.atomic_fetch = old.has.run_programs = false;
  const auto expect = [&](const std::string& head, const std::string& body,
                          const std::string& message) {
    const std::string said = RunOn(old, head + " probe signal.send { " + body + " }").diagnostics;
    EXPECT_NE(said.find(message), std::string::npos) << body << "\n" << said;
    EXPECT_EQ(RunOn(old, head + " probe begin { " + body + " }").diagnostics, "") << body;
    EXPECT_EQ(Run(head + " probe signal.send { " + body + " }").diagnostics, "") << body;
  };
  expect("global a", "a[1]++ foreach (k in a) println(k)",
         "foreach can't run in a probe of this kernel: it needs Linux 5.13");
  expect("global a", "a[1]++ delete a", "deleting a whole array can't run");
  expect("global a", "a[1, 2]++ delete a[*, 2]", "deleting an array slice ([*]) can't run");
  expect("global a", "a[1, 2]++ println([*, 2] in a)", "an array slice ([*]) can't run");
  expect("global s", "s <<< 1 println(@max(s))", "@min, @max or @variance of statistics that a");
  expect("global n", "println(n++)", "the value of a global that is changed by ++, --, += or -=");
  expect("global a", "println(a[1] += 2)", "the value of a global that is changed");
  EXPECT_EQ(RunOn(old,
                  "global s, a, n probe signal.send { s <<< 1 a[2] <<< 1 n++ } "
                  "probe end { println(@avg(s), @count(a[2]), n) }")
                .diagnostics,
            "");
  const std::string said =
      RunOn(old, "global a probe signal.send { a[1]++ } probe end { a[1]++ println(a[1]) }")
          .diagnostics;
  EXPECT_NE(said.find("WARNING: before Linux 5.10 a change of 'a' here may undo one"),
            std::string::npos)
      << said;
}

TEST_F(LowerTest, DefinedChoosesWithoutLoweringTheOtherSide) {
  const Lowered lowered =
      Run("probe signal.send { if (@defined($task->no_such_field)) println($task->no_such_field) "
          "else println($task->tgid) }");
  EXPECT_EQ(lowered.diagnostics, "");
  EXPECT_EQ(Count(lowered.ir, "print"), 1u);
}

TEST_F(LowerTest, ACaughtErrorGoesToItsHandlerAndAnUncaughtOneEndsTheProbe) {
  const Lowered caught =
      Run("global z probe signal.send { try { println(1 / z) } catch (m) { println(m) } } "
          "probe end { z = 1 }");
  const std::string first = caught.ir.substr(0, caught.ir.find("program"));
  EXPECT_EQ(Count(first, "    error"), 0u);
  const Lowered uncaught = Run("global z probe signal.send { println(1 / z) } probe end { z = 1 }");
  EXPECT_EQ(Count(uncaught.ir.substr(0, uncaught.ir.find("program")), "    error"), 1u);
}

}  // namespace
}  // namespace podtap::lower
