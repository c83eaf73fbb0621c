// Arrays, foreach, statistics and what is printed at the end.
#include <algorithm>
#include <fstream>
#include <random>
#include <sstream>

#include "interp/test_world.h"
#include "ir/layout.h"
#include "ir/statistics.h"

namespace podtap::interp {
namespace {

// The part of a reference file between "--- stdout" and "--- stderr".
std::string Reference(const std::string& name) {
  std::ifstream file(std::string(PODTAP_SOURCE_DIR "/tests/systemtap/") + name + ".expected");
  std::stringstream all;
  all << file.rdbuf();
  const std::string text = all.str(), from = "--- stdout\n", to = "--- stderr";
  const size_t begin = text.find(from);
  EXPECT_NE(begin, std::string::npos) << name;
  if (begin == std::string::npos) return "";
  return text.substr(begin + from.size(), text.find(to) - begin - from.size());
}

TEST(Globals, ScalarsLoadStoreAddAndClear) {
  World world(
      "literal \"hello\"\nformat d lit\" \" d lit\" \" s lit\" \" s lit\"\\n\"\n"
      "global \"n\" long max 1 init 5\nglobal \"s\" string:16 max 1 text \"start\"\n" +
      std::string(kBegin) +
      "  reg i64\n  reg i64\n  reg str:16\n  reg str:16\n  block 0\n"
      "    %0 = global.add 10\n    %1 = global.load\n    %2 = global.load imm 1\n"
      "    global.store @0 imm 1\n    %3 = global.load imm 1\n    print %0 %1 %2 %3 imm 0\n"
      "    map.clear\n    map.clear imm 1\n    %1 = global.load\n    %2 = global.load imm 1\n"
      "    print %0 %1 %2 %2 imm 0\n    return\n");
  EXPECT_EQ(world.Run(), "5 15 start hello\n5 0  \n");
}

// Random operations on arr[long, string] beside a std::map with its ages.
class ArrayModel : public testing::TestWithParam<bool> {};

TEST_P(ArrayModel, AgreesWithTheStore) {
  const bool wrap = GetParam();
  World world("global \"arr\" long max 5 key i64 key str:16" + std::string(wrap ? " wrap" : "") +
              "\nglobal \"k\" long max 1\nglobal \"v\" long max 1\nglobal \"r\" long max 1\n"
              "global \"e\" long max 1\nliteral \"key\"\n" +
              [] {
                std::string programs;
                for (const char* op :
                     {"_, %3 = map.set %1 %0 @0", "%2, %3 = map.add %1 %0 @0",
                      "%2, %3 = map.get %0 @0", "%2 = map.has %0 @0", "map.delete %0 @0"}) {
                  programs +=
                      std::string(kBegin) +
                      "  reg i64\n  reg i64\n  reg i64\n  reg i64\n  block 0\n"
                      "    %0 = global.load imm 1\n    %1 = global.load imm 2\n    " +
                      op + "\n    global.store %2 imm 3\n    global.store %3 imm 4\n    return\n";
                }
                return programs;
              }());
  std::vector<std::pair<int64_t, int64_t>> model;  // in the order of insertion
  const auto find = [&](int64_t key) {
    return std::ranges::find(model, key, &std::pair<int64_t, int64_t>::first);
  };
  const auto insert = [&](int64_t key, int64_t value) {
    if (model.size() == 5) {
      if (!wrap) return false;
      model.erase(model.begin());
    }
    model.emplace_back(key, value);
    return true;
  };
  std::mt19937 random(4);
  for (int i = 0; i < 5000; i++) {
    const auto key = static_cast<int64_t>(random() % 9);
    const auto value = static_cast<int64_t>(random() % 100) - 50;
    const auto op = static_cast<uint32_t>(random() % 5);
    world.SetLong(1, key);
    world.SetLong(2, value);
    world.Run(op);
    auto it = find(key);
    const bool had = it != model.end();
    const int64_t before = had ? it->second : 0;
    bool full = false;
    if (op <= 1) {
      if (had) {
        it->second = op == 0 ? value : it->second + value;
      } else {
        full = !insert(key, value);
      }
      ASSERT_EQ(world.Long(4), full);
      if (op == 1) {
        ASSERT_EQ(world.Long(3), before);
      }
    } else if (op == 2) {
      ASSERT_EQ(world.Long(3), before);
      ASSERT_EQ(world.Long(4), had);
    } else if (op == 3) {
      ASSERT_EQ(world.Long(3), had);
    } else if (had) {
      model.erase(it);
    }
    std::vector<std::pair<int64_t, int64_t>> seen;
    world.store->ForEach(0, [&](ir::Store::Bytes k, ir::Store::Bytes v) {
      int64_t pair[2];
      std::memcpy(&pair[0], k.data(), 8);
      std::memcpy(&pair[1], v.data(), 8);
      seen.emplace_back(pair[0], pair[1]);
      ASSERT_STREQ(reinterpret_cast<const char*>(k.data() + 8), "key");
    });
    ASSERT_EQ(seen, model);
  }
}

INSTANTIATE_TEST_SUITE_P(FullOrWrapped, ArrayModel, testing::Bool());

// foreach over a[long] = long, and over names[string] = string.
std::string Foreach(const std::string& iteration, const std::string& limit = "-1") {
  World world(
      "literal \"b\"\nliteral \"a\"\nliteral \"c\"\nliteral \"z\"\nformat d lit\"=\" d lit\" \"\n"
      "format s lit\"=\" s lit\" \"\nglobal \"a\" long max 9 key i64\n"
      "global \"n\" string:8 max 9 key str:8\niteration " +
      iteration + "\n" + kBegin +
      "  reg i64\n  reg i64\n  reg i64\n  reg str:8\n  reg str:8\n  block 0\n"
      "    map.set 10 3\n    map.set 30 1\n    map.set 10 2\n    map.set 20 9\n"
      "    map.set @3 @0 imm 1\n    map.set @1 @1 imm 1\n    map.set @0 @2 imm 1\n"
      "    iter.begin " +
      limit +
      "\n    jump 1\n"
      "  block 1\n    %0 = iter.next\n    branch %0 2 3\n"
      "  block 2\n    print %1 %2 imm " +
      (iteration.starts_with("global 0") ? "0" : "1") + "\n    jump 1\n  block 3\n    return\n");
  if (iteration.starts_with("global 1")) {
    ir::Module& module = world.module;
    module.programs[0].blocks[2].instrs[0].args = {ir::Operand::R(3), ir::Operand::R(4)};
  }
  return world.Run();
}

TEST(Foreach, SortsStably) {
  const std::string base = "global 0 sort ";
  EXPECT_EQ(Foreach(base + "0 column 0 stat 0 key %1 value %2"), "3=10 1=30 2=10 9=20 ");
  EXPECT_EQ(Foreach(base + "1 column 0 stat 0 key %1 value %2"), "3=10 2=10 9=20 1=30 ");
  EXPECT_EQ(Foreach(base + "-1 column 0 stat 0 key %1 value %2"), "1=30 9=20 2=10 3=10 ");
  EXPECT_EQ(Foreach(base + "1 column 1 stat 0 key %1 value %2"), "1=30 2=10 3=10 9=20 ");
  EXPECT_EQ(Foreach(base + "-1 column 1 stat 0 key %1 value %2"), "9=20 3=10 2=10 1=30 ");
  EXPECT_EQ(Foreach("global 1 sort 1 column 0 stat 0 key %3 value %4"), "a=a c=b b=z ");
  EXPECT_EQ(Foreach("global 1 sort -1 column 1 stat 0 key %3 value %4"), "c=b b=z a=a ");
}

TEST(Foreach, LimitsAndFilters) {
  const std::string base = "global 0 sort -1 column 0 stat 0 key %1 value %2";
  EXPECT_EQ(Foreach(base, "2"), "1=30 9=20 ");
  EXPECT_EQ(Foreach(base, "99"), "1=30 9=20 2=10 3=10 ");
  EXPECT_EQ(Foreach(base, "0"), "");
  EXPECT_EQ(Foreach(base, "-5"), "");
  EXPECT_EQ(Foreach(base + " only 9"), "9=20 ");
  EXPECT_EQ(Foreach(base + " any"), "1=30 9=20 2=10 3=10 ");
  EXPECT_EQ(Foreach("global 1 sort 0 column 0 stat 0 key %3 value %4 only @2"), "c=b ");
}

TEST(Slices, AreFoundAndDeleted) {
  World world(
      "literal \"x\"\nliteral \"y\"\nformat d d d d d\n"
      "global \"a\" long max 10 key str:8 key i64\n"
      "iteration global 0 sort 0 column 0 stat 0 any only 2\n"
      "iteration global 0 sort 0 column 0 stat 0 only @1 any\n" +
      std::string(kBegin) +
      "  reg i64\n  reg i64\n  reg i64\n  reg i64\n  reg i64\n  block 0\n"
      "    map.set 1 @0 1\n    map.set 2 @0 2\n    map.set 3 @1 2\n    map.set 4 @1 3\n"
      "    %0 = map.has.some\n    map.clear.some\n    %1 = map.has.some\n"
      "    %2 = map.has.some aux 1\n    map.clear.some aux 1\n    %3 = map.has.some aux 1\n"
      "    %4 = map.has @0 1\n    print %0 %1 %2 %3 %4\n    return\n");
  EXPECT_EQ(world.Run(), "10101");
}

// The reference's agg.stp, as ir.
TEST(Statistics, TheReferenceScript) {
  World world(
      "format d lit\" \" d lit\" \" d lit\" \" d lit\" \" d lit\"\\n\"\n"
      "format d lit\" count=\" d lit\" avg=\" d lit\"\\n\"\nformat d lit\"\\n\"\nformat "
      "lit\"bye\\n\"\n"
      "global \"s\" stats max 1 log\nglobal \"h\" stats max 10 key i64\n"
      "global \"t\" stats max 1 linear 0 100 10\n"
      "iteration global 1 sort 1 column 1 stat 0 key %1\n"
      "iteration global 1 sort -1 column 0 stat 0 key %1\n" +
      std::string(kBegin) +
      "  reg i64\n  reg i64\n  reg i64\n  reg i64\n  reg i64\n  reg i64\n  reg i64\n"
      "  block 0\n    jump 1\n"
      "  block 1\n    %1 = lt %0 100\n    branch %1 2 3\n"
      "  block 2\n    _, %2 = stat.push %0\n    _, %2 = stat.push %0 imm 2\n    %3 = mul %0 %0\n"
      "    %4 = mod %0 3\n    _, %2 = stat.push %3 %4 imm 1\n    %0 = add %0 1\n    jump 1\n"
      "  block 3\n    histogram\n    histogram imm 2 aux 1\n    %2 = stat.get\n"
      "    %3 = stat.get aux 1\n    %4 = stat.get aux 2\n    %5 = stat.get aux 3\n"
      "    %6 = stat.get aux 4\n    print %2 %3 %4 %5 %6 imm 0\n    iter.begin -1 imm 1\n    jump "
      "4\n"
      "  block 4\n    %0 = iter.next imm 1\n    branch %0 5 6\n"
      "  block 5\n    %2 = stat.get %1 imm 1\n    %3 = stat.get %1 imm 1 aux 4\n"
      "    print %1 %2 %3 imm 1\n    jump 4\n"
      "  block 6\n    iter.begin 2 imm 1 aux 1\n    jump 7\n"
      "  block 7\n    %0 = iter.next imm 1 aux 1\n    branch %0 8 9\n"
      "  block 8\n    print %1 imm 2\n    jump 7\n"
      "  block 9\n    print imm 3\n    return\n");
  EXPECT_EQ(world.Run(), Reference("agg"));
}

TEST(Statistics, AnEmptyValueIsNotFound) {
  World world("format d d d d\nglobal \"s\" stats max 1\nglobal \"h\" stats max 1 key i64\n" +
              std::string(kBegin) +
              "  reg i64\n  reg i64\n  reg i64\n  reg i64\n  block 0\n"
              "    %0, %1 = stat.get aux 4\n    %2, %3 = stat.get 7 imm 1\n    histogram imm 0\n"
              "    print %0 %1 %2 %3 imm 0\n    _, %0 = stat.push 1 1 imm 1\n"
              "    _, %1 = stat.push 1 2 imm 1\n    print %0 %1 %2 %3 imm 0\n    return\n");
  EXPECT_EQ(world.Run(), "00000100") << "the array of one element is full";
}

ir::Global StatGlobal() {
  ir::Global global;
  global.value = ir::ValueType::kStats;
  global.log_histogram = true;
  return global;
}

std::vector<uint8_t> Pushed(const ir::Global& global, const std::vector<int64_t>& numbers) {
  std::vector<uint8_t> value(ir::ValueSize(global));
  for (const int64_t number : numbers) PushStat(global, number, value);
  return value;
}

TEST(Histogram, NegativeNumbersAndElidedRows) {
  const ir::Global global = StatGlobal();
  EXPECT_EQ(DrawHistogram(global, ir::HistogramKind::kLog, Pushed(global, {-5, 300, 300})),
            "value |-------------------------------------------------- count\n"
            "  -16 |                                                   0\n"
            "   -8 |                                                   0\n"
            "   -4 |@                                                  1\n"
            "   -2 |                                                   0\n"
            "   -1 |                                                   0\n"
            "    ~\n"
            "   64 |                                                   0\n"
            "  128 |                                                   0\n"
            "  256 |@@                                                 2\n"
            "  512 |                                                   0\n"
            " 1024 |                                                   0\n\n");
  EXPECT_EQ(DrawHistogram(global, ir::HistogramKind::kLog, Pushed(global, {})), "");
  EXPECT_EQ(DrawHistogram(global, ir::HistogramKind::kLinear, Pushed(global, {1})), "");
}

// 16689 at the top of a scale rounded up gives 49 columns, as the manual shows.
TEST(Histogram, LongBarsAreScaled) {
  const ir::Global global = StatGlobal();
  const std::string drawing = DrawHistogram(global, ir::HistogramKind::kLog,
                                            Pushed(global, std::vector<int64_t>(16689, 1024)));
  EXPECT_NE(drawing.find(" 1024 |" + std::string(49, '@') + "  16689\n"), std::string::npos);
  EXPECT_NE(drawing.find("  512 |" + std::string(50, ' ') + "     0\n"), std::string::npos);
}

TEST(Histogram, OutOfTheLinearRange) {
  ir::Global global = StatGlobal();
  global.log_histogram = true;  // both: the linear buckets stand behind the log ones
  global.linear_histogram = {.low = -10, .high = 10, .step = 5};
  EXPECT_EQ(
      DrawHistogram(global, ir::HistogramKind::kLinear, Pushed(global, {-11, -10, 10, 15, 99})),
      "value |-------------------------------------------------- count\n"
      " <-10 |@                                                  1\n"
      "  -10 |@                                                  1\n"
      "   -5 |                                                   0\n"
      "    0 |                                                   0\n"
      "    5 |                                                   0\n"
      "   10 |@                                                  1\n"
      "  >10 |@@                                                 2\n\n");
}

TEST(Histogram, HostileRangesAreDrawn) {
  ir::Global global = StatGlobal();
  for (const int64_t step : {int64_t{1}, INT64_MAX, int64_t{0}, int64_t{-1}}) {
    global.linear_histogram = {.low = INT64_MIN, .high = INT64_MAX, .step = step};
    const auto value = Pushed(global, {INT64_MIN, 0, INT64_MAX});
    EXPECT_NE(DrawHistogram(global, ir::HistogramKind::kLinear, value), "");
  }
  // Fewer bytes than a value has.
  EXPECT_EQ(DrawHistogram(global, ir::HistogramKind::kLog, std::vector<uint8_t>(10)), "");
}

TEST(Unread, TheReferenceScript) {
  World world(
      "literal \"a\"\nliteral \"b\"\nglobal \"cnt\" long max 1 print\n"
      "global \"names\" long max 10 key str:8 print\nglobal \"agg\" stats max 1 print\n" +
      std::string(kBegin) +
      "  block 0\n    global.store 5\n    map.set 1 @0 imm 1\n    map.set 2 @1 imm 1\n"
      "    stat.push 3 imm 2\n    return\n");
  world.Run();
  EXPECT_EQ(world.interpreter->UnreadGlobals(), Reference("unused"));
}

TEST(Unread, OtherShapes) {
  World world(
      "literal \"x\"\nliteral \"text\"\nglobal \"a\" long max 10 key str:8 key i64 print\n"
      "global \"s\" string:16 max 1 print\nglobal \"h\" stats max 10 key str:8 print\n"
      "global \"read\" long max 1\nglobal \"t\" string:8 max 4 key i64 print\n"
      "global \"zero\" long max 1 print\nglobal \"empty\" stats max 1 print\n" +
      std::string(kBegin) +
      "  block 0\n    map.set 1 @0 3\n    map.set -1 @0 -3\n    global.store @1 imm 1\n"
      "    stat.push 3 @0 imm 2\n    stat.push 4 @0 imm 2\n    stat.push 9 @1 imm 2\n"
      "    map.set @0 7 imm 4\n    return\n");
  world.Run();
  EXPECT_EQ(world.interpreter->UnreadGlobals(),
            "a[\"x\",3]=1\na[\"x\",-3]=-1\ns=\"text\"\n"
            "h[\"x\"] @count=2 @min=3 @max=4 @sum=7 @avg=3\n"
            "h[\"text\"] @count=1 @min=9 @max=9 @sum=9 @avg=9\n"
            "t[7]=\"x\"\nzero=0\n");
}

}  // namespace
}  // namespace podtap::interp
