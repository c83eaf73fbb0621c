// Walking over arrays in the kernel: foreach, slices, deleting whole arrays.
#include <algorithm>

#include "attach/program_for_test.h"
#include "ir/statistics.h"

namespace podtap::attach {
namespace {

using namespace testing;

constexpr const char* kLimits = "limits 512 1000 10000 2048 10 0 target 0\n";
constexpr const char* kProgram = "program \"begin\" written \"begin\" attach begin 0\n";

ir::Module Parse(const std::string& text) {
  Result<ir::Module> module = ir::Read(kLimits + text);
  EXPECT_TRUE(module.has_value()) << (module ? "" : module.error().Message());
  if (!module) return {};
  ir::InferCaps(*module);
  const Result<void> verified = ir::Verify(*module);
  EXPECT_TRUE(verified.has_value()) << (verified ? "" : verified.error().Message());
  return std::move(*module);
}

// What the program prints: each item's values, joined, in alphabetical order.
std::vector<std::string> Printed(const ir::Module& module, kernel::Kernel& kernel = TheKernel()) {
  const Ran ran = RunModule(module, kernel);
  std::vector<std::string> lines;
  for (const Decoded& item : ran.items) {
    std::string line;
    for (const std::string& value : item.values) line += value + " ";
    lines.push_back(line);
  }
  std::ranges::sort(lines);
  if (ran.session) {
    EXPECT_EQ(ran.session->control()->skipped, 0u);
  }
  return lines;
}

// Seven elements under ("x" or "a longer key", number).
constexpr const char* kArray =
    "literal \"x\"\nliteral \"a longer key\"\nformat s lit\"\" d lit\"\" d\nformat d\n"
    "global \"a\" long max 100 key str:0 key i64 kernel\n";
constexpr const char* kFill =
    "    map.set 10 @0 1\n    map.set 20 @0 2\n    map.set 30 @0 3\n    map.set 40 @1 1\n"
    "    map.set 50 @1 2\n    map.set 60 @1 -3\n    map.set 70 @0 4\n";

// A loop that prints key, number and value of what the iteration gives.
std::string Loop(const std::string& iteration, const std::string& limit,
                 const std::string& body = "    print %0 %1 %2 imm 0\n") {
  return std::string(kArray) + "iteration global 0 sort 0 column 0 stat 0 most 11 " + iteration +
         "\n" + kProgram + "  reg str:0\n  reg i64\n  reg i64\n  reg i64\n  reg i64\n  reg i64\n" +
         "  block 0\n" + kFill + "    %5 = move 100\n    iter.begin " + limit + "\n    jump 1\n" +
         "  block 1\n    guard 2 6\n"
         // Where there is no may_goto, the verifier counts with %5.
         "  block 2\n    %5 = sub %5 1\n    %3 = le %5 0\n    branch %3 6 3\n"
         "  block 3\n    %3, %4 = iter.next\n    branch %3 4 6\n"
         "  block 4\n    branch %4 5 1\n"
         "  block 5\n" +
         body + "    jump 1\n  block 6\n    return\n";
}

std::vector<std::string> RunBoth(const std::string& text) {
  const ir::Module module = Parse(text);
  OldKernel old;
  const std::vector<std::string> lines = Printed(module), with_old = Printed(module, old);
  EXPECT_EQ(lines, with_old);
  return lines;
}

using Lines = std::vector<std::string>;

// For a loop that doesn't come to all elements: which ones, the hash decides.
std::vector<size_t> CountBoth(const std::string& text) {
  const ir::Module module = Parse(text);
  OldKernel old;
  return {Printed(module).size(), Printed(module, old).size()};
}
using Counts = std::vector<size_t>;

TEST(Iteration, GivesEveryElementOnce) {
  SKIP_UNLESS_ROOT();
  EXPECT_EQ(RunBoth(Loop("key %0 key %1 value %2", "-1")),
            (Lines{"a longer key -3 60 ", "a longer key 1 40 ", "a longer key 2 50 ", "x 1 10 ",
                   "x 2 20 ", "x 3 30 ", "x 4 70 "}));
}

TEST(Iteration, Limits) {
  SKIP_UNLESS_ROOT();
  EXPECT_EQ(CountBoth(Loop("key %0 key %1 value %2", "3")), (Counts{3, 3}));
  EXPECT_EQ(CountBoth(Loop("key %0 key %1 value %2", "0")), (Counts{0, 0}));
  EXPECT_EQ(CountBoth(Loop("key %0 key %1 value %2", "-7")), (Counts{0, 0}));
}

TEST(Iteration, Filters) {
  SKIP_UNLESS_ROOT();
  EXPECT_EQ(RunBoth(Loop("key %0 key %1 value %2 only @1 any", "-1")),
            (Lines{"a longer key -3 60 ", "a longer key 1 40 ", "a longer key 2 50 "}));
  EXPECT_EQ(RunBoth(Loop("key %0 key %1 value %2 any only 2", "-1")),
            (Lines{"a longer key 2 50 ", "x 2 20 "}));
  EXPECT_EQ(RunBoth(Loop("key %0 key %1 value %2 only @0 only 4", "-1")), (Lines{"x 4 70 "}));
  EXPECT_EQ(RunBoth(Loop("key %0 key %1 value %2 only @0 only -3", "-1")), Lines{});
}

// The first round deletes another element: it isn't given any more.
TEST(Iteration, AnElementThatIsGoneIsLeftOut) {
  SKIP_UNLESS_ROOT();
  const Counts counts = CountBoth(Loop("key %0 key %1 value %2", "-1",
                                       "    map.delete @0 1\n    map.delete @0 2\n"
                                       "    map.delete @1 1\n    print %1 imm 1\n"));
  for (const size_t count : counts) {
    EXPECT_GE(count, 4u);  // those that stay, and the first if it was one of the others
    EXPECT_LE(count, 5u);
  }
}

TEST(Iteration, NoMoreThanTheLoopCanWalkOver) {
  SKIP_UNLESS_ROOT();
  std::string text = Loop("key %0 key %1 value %2", "-1");
  text.replace(text.find("most 11"), 7, "most 5 ");
  EXPECT_EQ(CountBoth(text), (Counts{5, 5}));
}

TEST(Iteration, StringsAndStatisticsAsValues) {
  SKIP_UNLESS_ROOT();
  const std::string tail =
      "  block 1\n    guard 2 5\n"
      "  block 2\n    %5 = sub %5 1\n    %3 = le %5 0\n    branch %3 5 3\n"
      "  block 3\n    %3, %4 = iter.next\n    branch %3 4 5\n";
  const std::string text =
      std::string(
          "literal \"one\"\nliteral \"two\"\nformat d s\nformat d d\n"
          "global \"t\" string:0 max 100 key i64 kernel\n"
          "iteration global 0 sort 0 column 0 stat 0 most 11 key %0 value %1\n") +
      kProgram + "  reg i64\n  reg str:0\n  reg i64\n  reg i64\n  reg i64\n  reg i64\n" +
      "  block 0\n    %5 = move 50\n    map.set @0 1\n    map.set @1 2\n    iter.begin -1\n"
      "    jump 1\n" +
      tail + "  block 4\n    print %0 %1\n    jump 1\n  block 5\n    return\n";
  EXPECT_EQ(RunBoth(text), (Lines{"1 one ", "2 two "}));
  std::string stats = text;
  const auto replace = [&](const std::string& from, const std::string& to) {
    for (size_t at = stats.find(from); at != std::string::npos; at = stats.find(from, at)) {
      stats.replace(at, from.size(), to);
      at += to.size();
    }
  };
  replace("string:0 max", "stats max");
  replace(" value %1", "");
  replace("map.set @0 1", "stat.push 5 1\n    stat.push 6 1");
  replace("map.set @1 2", "stat.push 7 2");
  replace("print %0 %1", "%2 = stat.get %0 aux 1\n    print %0 %2 imm 1");
  const Lines lines = Printed(Parse(stats));  // least and greatest need a newer kernel
  EXPECT_EQ(lines, (Lines{"1 11 ", "2 7 "}));
}

TEST(Iteration, SlicesAreFoundAndDeleted) {
  SKIP_UNLESS_ROOT();
  const std::string head = std::string(kArray) +
                           "iteration global 0 sort 0 column 0 stat 0 any only 2\n"
                           "iteration global 0 sort 0 column 0 stat 0 only @1 any\n"
                           "iteration global 0 sort 0 column 0 stat 0 any any\n"
                           "format d d d d d d d\n" +
                           kProgram;
  std::string regs;
  for (int i = 0; i < 7; i++) regs += "  reg i64\n";
  EXPECT_EQ(RunBoth(head + regs + "  block 0\n" + kFill +
                    "    %0 = map.has.some\n    map.clear.some\n    %1 = map.has.some\n"
                    "    %2 = map.has.some aux 1\n    map.clear.some aux 1\n"
                    "    %3 = map.has.some aux 1\n    %4 = map.has @0 1\n"
                    "    %5 = map.has.some aux 2\n    map.clear\n    %6 = map.has.some aux 2\n"
                    "    print %0 %1 %2 %3 %4 %5 %6 imm 2\n    return\n"),
            (Lines{"1 0 1 0 1 1 0 "}));
}

// Registers that fill the stack: a function that is called back needs some of it.
TEST(Iteration, WithAFullStack) {
  SKIP_UNLESS_ROOT();
  constexpr int kLive = 80;
  std::string text = std::string(kArray) +
                     "iteration global 0 sort 0 column 0 stat 0 only @0 any\n" +
                     "global \"n\" long max 1 kernel\n" + kProgram;
  for (int i = 0; i <= kLive; i++) text += "  reg i64\n";
  text += std::string("  block 0\n") + kFill;
  for (int i = 0; i < kLive; i++) text += "    %" + std::to_string(i) + " = global.load imm 1\n";
  text +=
      "    jump 1\n  block 1\n    guard 2 3\n  block 2\n    %80 = map.has.some\n"
      "    map.clear\n    branch %80 3 3\n  block 3\n";
  for (int i = 0; i < kLive; i++) text += "    %80 = add %80 %" + std::to_string(i) + "\n";
  text += "    print %80 imm 1\n    return\n";
  EXPECT_EQ(RunBoth(text), (Lines{"1 "}));
}

// More elements than a bucket, all gone at once.
TEST(Iteration, AWholeArrayIsDeleted) {
  SKIP_UNLESS_ROOT();
  ir::Module module = Parse(
      "global \"a\" long max 3000 key i64 kernel\n"
      "global \"s\" stats max 1 kernel log linear 0 100 1\n"
      "global \"t\" stats max 1 kernel\n" +
      std::string(kProgram) + "  block 0\n    map.clear\n    map.clear imm 1\n    return\n");
  const ir::Layout layout = ir::MakeLayout(module, true);
  Options options;
  options.user_side_in_kernel = true;
  auto session = Session::Load(module, layout, TheKernel(), options);
  ASSERT_TRUE(session.has_value()) << session.error().Message() << session.error().detail;
  ir::Store& store = (*session)->store();
  std::vector<uint8_t> value(16), key(8);
  for (int64_t i = 0; i < 3000; i++) {
    std::memcpy(key.data(), &i, sizeof(i));
    ASSERT_TRUE(store.Set(0, key, value));
  }
  for (const uint32_t global : {1u, 2u}) ASSERT_TRUE(store.Push(global, {}, 7));
  ASSERT_TRUE((*session)->RunOnce(0).has_value());
  store.ForEach(0, [](auto, auto) { ADD_FAILURE() << "an element is left"; });
  std::vector<uint8_t> stat(ir::ValueSize(module.globals[1]));
  ASSERT_TRUE(store.Get(1, {}, stat));
  EXPECT_EQ(std::ranges::count(stat, 0), std::ssize(stat));
  ASSERT_TRUE(store.Get(2, {}, stat));
  EXPECT_EQ(ir::ReadStat(ir::StatField::kCount, stat), 1);
  // What is pushed from now on counts.
  ASSERT_TRUE(store.Push(1, {}, 9));
  ASSERT_TRUE(store.Get(1, {}, stat));
  EXPECT_EQ(ir::ReadStat(ir::StatField::kSum, stat), 9);
}

TEST(Iteration, AnOlderKernelIsToldWhatItLacks) {
  const ir::Module module = Parse("global \"a\" long max 3000 key i64 kernel\n" +
                                  std::string(kProgram) + "  block 0\n    map.clear\n    return\n");
  bpf::Target target;
  target.for_each_element = false;
  const auto program = bpf::Compile(module, ir::MakeLayout(module, true), 0, target);
  ASSERT_FALSE(program.has_value());
  EXPECT_NE(program.error().Message().find("bpf_for_each_map_elem, 5.13"), std::string::npos);
}

}  // namespace
}  // namespace podtap::attach
