#include <random>

#include "interp/test_world.h"

namespace podtap::interp {
namespace {

// A program over two string globals (a, b) and two numbers (x, y): the string c
// and the number z are what `body` leaves in %6 and %7.
World StringWorld(const std::string& body, uint32_t cap = 32, uint32_t max_string = 512) {
  const std::string str = "string:" + std::to_string(cap) + " max 1\n";
  return World(
      "global \"a\" " + str + "global \"b\" " + str +
          "global \"x\" long max 1\nglobal \"y\" long max 1\n"
          "global \"c\" " +
          str +
          "global \"z\" long max 1\n"
          "table \"t\" hex \"zero\" \"one\" \"\"\nformat s lit\"-\" d:0:w3\nformat b:p2 "
          "lit\"x\"\n" +
          std::string(kBegin) + "  reg i64\n  reg i64\n  reg str:" + std::to_string(cap) +
          "\n  reg str:" + std::to_string(cap) +
          "\n  reg i64\n  reg i64\n  reg str:" + std::to_string(cap) +
          "\n  reg i64\n  block 0\n    %2 = global.load imm 0\n    %3 = global.load imm 1\n"
          "    %0 = global.load imm 2\n    %1 = global.load imm 3\n" +
          body + "    global.store %6 imm 4\n    global.store %7 imm 5\n    return\n",
      max_string);
}

struct Operands {
  std::string a, b;
  int64_t x = 0, y = 0;
};
struct Outcome {
  std::string c;
  int64_t z = 0;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};
std::ostream& operator<<(std::ostream& out, const Outcome& o) { return out << o.c << " " << o.z; }

Outcome Apply(World& world, const Operands& with) {
  world.store->SetText(0, with.a);
  world.store->SetText(1, with.b);
  world.SetLong(2, with.x);
  world.SetLong(3, with.y);
  world.Run();
  Outcome outcome{.c = "", .z = world.Long(5)};
  world.store->Text(4, outcome.c);
  return outcome;
}

TEST(Strings, AgreeWithAModel) {
  World length = StringWorld("    %7 = str.len %2\n");
  World byte = StringWorld("    %7 = str.byte %2 %0\n");
  World sub = StringWorld("    %6 = str.sub %2 %0 %1\n");
  World equal = StringWorld("    %7 = str.eq %2 %3\n");
  World less = StringWorld("    %7 = str.lt %2 %3\n");
  World greater_equal = StringWorld("    %7 = str.ge %2 %3\n");
  World join = StringWorld("    %6, %7 = str.append %2\n    %6, %7 = str.append %3\n");
  World set = StringWorld("    %6 = move %2\n    %6 = str.set %0 %1\n");
  std::mt19937 random(2);
  const auto text = [&] {
    std::string made;
    for (size_t size = random() % 32; size > 0; size--) made += "ab\xff\x01"[random() % 4];
    return made;
  };
  const auto number = [&] { return static_cast<int64_t>(random() % 40) - 4; };
  for (int i = 0; i < 2000; i++) {
    const Operands in{text(), random() % 4 == 0 ? "" : text(), number(), number()};
    const auto size = static_cast<int64_t>(in.a.size());
    EXPECT_EQ(Apply(length, in).z, size);
    EXPECT_EQ(Apply(byte, in).z,
              in.x >= 0 && in.x < size ? static_cast<uint8_t>(in.a[static_cast<size_t>(in.x)]) : 0);
    const int64_t from = std::clamp<int64_t>(in.x, 0, size);
    EXPECT_EQ(Apply(sub, in).c, in.a.substr(static_cast<size_t>(from),
                                            static_cast<size_t>(std::max<int64_t>(in.y, 0))));
    EXPECT_EQ(Apply(equal, in).z, in.a == in.b);
    EXPECT_EQ(Apply(less, in).z, std::strcmp(in.a.c_str(), in.b.c_str()) < 0);
    EXPECT_EQ(Apply(greater_equal, in).z, std::strcmp(in.a.c_str(), in.b.c_str()) >= 0);
    const std::string joined = (in.a + in.b).substr(0, 31);
    EXPECT_EQ(Apply(join, in), (Outcome{joined, static_cast<int64_t>(joined.size())}));
    char model[33] = {};
    in.a.copy(model, 31);
    if (in.x >= 0 && in.x <= size && in.x < 31) model[in.x] = static_cast<char>(in.y);
    EXPECT_EQ(Apply(set, in).c, std::string(model)) << in.a << " " << in.x << " " << in.y;
  }
}

TEST(Strings, AppendingAStringToItself) {
  World world = StringWorld("    %6, %7 = str.append %2\n    %6, %7 = str.append %6\n");
  EXPECT_EQ(Apply(world, {.a = "abc", .b = ""}).c, "abcabc");
  World restart = StringWorld(
      "    %6, %7 = str.append %2\n    %7 = move 1\n"
      "    %6, %7 = str.append %6\n");
  EXPECT_EQ(Apply(restart, {.a = "abc", .b = ""}), (Outcome{"aabc", 4}));
}

TEST(Strings, AreCutAtTheirCapAndAtTheLimit) {
  World cap = StringWorld("    %6, %7 = str.append %2\n    %6, %7 = str.append %2\n", 8);
  EXPECT_EQ(Apply(cap, {.a = "12345", .b = ""}), (Outcome{"1234512", 7}));
  World limit = StringWorld("    %6, %7 = str.append %2\n    %6, %7 = str.append %2\n", 32, 10);
  EXPECT_EQ(Apply(limit, {.a = "12345", .b = ""}), (Outcome{"123451234", 9}));
}

TEST(Strings, TablesHaveAFallback) {
  World world = StringWorld("    %6 = str.table %0 imm 0\n");
  EXPECT_EQ(Apply(world, {.a = "", .b = "", .x = 0}).c, "zero");
  EXPECT_EQ(Apply(world, {.a = "", .b = "", .x = 1}).c, "one");
  EXPECT_EQ(Apply(world, {.a = "", .b = "", .x = 2}).c, "");
  EXPECT_EQ(Apply(world, {.a = "", .b = "", .x = 37}).c, "0x25");
  EXPECT_EQ(Apply(world, {.a = "", .b = "", .x = -1}).c, "0xffffffffffffffff");
}

TEST(Strings, FormatsMakeStrings) {
  World world = StringWorld("    %6 = format %2 %0 imm 0\n");
  EXPECT_EQ(Apply(world, {.a = "a", .b = "", .x = 7}).c, "a-007");
  World binary = StringWorld("    %6 = format %0 imm 1\n");
  EXPECT_EQ(Apply(binary, {.a = "", .b = "", .x = 0x4241}).c, "ABx");
  EXPECT_EQ(Apply(binary, {.a = "", .b = "", .x = 0x41}).c, "A");  // a NUL ends a string
}

TEST(Strings, RegularExpressions) {
  World world(
      "literal \"pkill(137)\"\nliteral \"nothing\"\n"
      "format d lit\" \" d lit\" \" d lit\" \" s lit\" \" d lit\" \" s lit\" \" d lit\"|\"\n"
      "regex \"^([a-z]+)\\\\(([0-9]+)\" captures\nregex \"l+\"\n" +
      std::string(kBegin) +
      "  reg i64\n  reg i64\n  reg i64\n  reg str:16\n  reg i64\n  reg str:16\n  reg i64\n"
      "  block 0\n    %0 = regex.test @0 imm 1\n    %1 = regex.match @0\n    %2 = regex.groups\n"
      "    %3, %4 = regex.group 2\n    %5, %6 = regex.group 3\n    print %0 %1 %2 %3 %4 %5 %6\n"
      "    %0 = regex.test @1 imm 1\n    %1 = regex.match @1\n    %2 = regex.groups\n"
      "    %3, %4 = regex.group 0\n    print %0 %1 %2 %3 %4 %5 %6\n"
      "    %1 = regex.match @0\n    regex.forget\n    %3, %4 = regex.group -1\n"
      "    print %0 %1 %2 %3 %4 %5 %6\n    return\n");
  EXPECT_EQ(world.Run(), "1 1 2 137 0  2|0 0 -1  1  2|0 1 -1  1  2|");
}

}  // namespace
}  // namespace podtap::interp
