// Longs, control flow, memory and output.
#include "interp/interp.h"

#include <algorithm>
#include <functional>
#include <random>

#include "interp/test_world.h"

namespace podtap::interp {
namespace {

std::string Print(const std::string& formats, const std::string& regs, const std::string& body) {
  return formats + kBegin + regs + "  block 0\n" + body + "    return\n";
}

TEST(Interp, LongsAgreeWithWideArithmetic) {
  __extension__ using Wide = __int128;
  const auto wrap = [](Wide number) { return static_cast<int64_t>(static_cast<uint64_t>(number)); };
  const std::vector<std::pair<std::string, std::function<int64_t(int64_t, int64_t)>>> ops = {
      {"add", [&](Wide a, Wide b) { return wrap(a + b); }},
      {"sub", [&](Wide a, Wide b) { return wrap(a - b); }},
      {"mul", [&](Wide a, Wide b) { return wrap(a * b); }},
      {"div", [&](Wide a, Wide b) { return wrap(a / b); }},
      {"mod", [&](Wide a, Wide b) { return wrap(a % b); }},
      {"and", [](int64_t a, int64_t b) { return a & b; }},
      {"or", [](int64_t a, int64_t b) { return a | b; }},
      {"xor", [](int64_t a, int64_t b) { return a ^ b; }},
      {"shl", [&](int64_t a, int64_t b) { return wrap(Wide{a} << (b & 63)); }},
      {"shr", [&](int64_t a, int64_t b) { return wrap(Wide{a} >> (b & 63)); }},
      {"shr.logical",
       [&](int64_t a, int64_t b) { return wrap(Wide{static_cast<uint64_t>(a)} >> (b & 63)); }},
      {"eq", [](int64_t a, int64_t b) { return a == b; }},
      {"ne", [](int64_t a, int64_t b) { return a != b; }},
      {"lt", [](int64_t a, int64_t b) { return a < b; }},
      {"le", [](int64_t a, int64_t b) { return a <= b; }},
      {"gt", [](int64_t a, int64_t b) { return a > b; }},
      {"ge", [](int64_t a, int64_t b) { return a >= b; }},
  };
  std::mt19937_64 random(11);
  const int64_t corners[] = {0, 1, -1, 2, 63, 64, INT64_MAX, INT64_MIN, INT64_MIN + 1, 1LL << 32};
  const auto number = [&] {
    return random() % 2 == 0 ? corners[random() % std::size(corners)]
                             : static_cast<int64_t>(random() >> (random() % 64));
  };
  for (const auto& [name, expected] : ops) {
    World world("global \"a\" long max 1\nglobal \"b\" long max 1\nglobal \"c\" long max 1\n" +
                std::string(kBegin) +
                "  reg i64\n  reg i64\n  reg i64\n  block 0\n    %0 = global.load imm 0\n"
                "    %1 = global.load imm 1\n    %2 = " +
                name + " %0 %1\n    global.store %2 imm 2\n    return\n");
    for (int i = 0; i < 500; i++) {
      const int64_t a = number(), b = number();
      if (b == 0 && (name == "div" || name == "mod")) continue;
      world.SetLong(0, a);
      world.SetLong(1, b);
      world.Run();
      ASSERT_EQ(world.Long(2), expected(a, b)) << name << " " << a << " " << b;
    }
  }
}

TEST(Interp, DivisionByZeroDoesNotCrash) {
  World world(Print("format d lit\" \" d\n", "  reg i64\n  reg i64\n  reg i64\n",
                    "    %1 = div 5 %0\n    %2 = mod 5 %0\n    print %1 %2 imm 0\n"));
  EXPECT_EQ(world.Run(), "0 5");
}

TEST(Interp, LoopsBranchesAndGuards) {
  World world("format d lit\"\\n\"\n" + std::string(kBegin) +
              "  reg i64\n  reg i64\n  reg i64\n"
              "  block 0\n    jump 1\n"
              "  block 1\n    guard 2 4\n"
              "  block 2\n    %2 = lt %0 100000\n    branch %2 3 5\n"
              "  block 3\n    %0 = add %0 1\n    %1 = add %1 %0\n    jump 1\n"
              "  block 4\n    print -1 imm 0\n    return\n"
              "  block 5\n    print %1 imm 0\n    return\n");
  EXPECT_EQ(world.Run(), "5000050000\n");
  EXPECT_EQ(world.Run(), "5000050000\n") << "registers start as 0 each time";
}

TEST(Interp, ContextComesFromTheHost) {
  World world(Print("format d lit\" \" s\n", "  reg i64\n  reg str:16\n",
                    "    %0 = context imm 0\n    %1 = context imm 13\n    print %0 %1 imm 0\n"));
  EXPECT_EQ(world.Run(), "1000 podtap");
}

TEST(Interp, LoadsAndReads) {
  World world(
      Print("format d lit\" \" d lit\" \" d lit\" \" d lit\" \" s\n",
            "  reg ptr:1\n  reg i64\n  reg i64\n  reg i64\n  reg i64\n  reg str:16\n  reg i64\n",
            "    %0 = context imm 12\n"  // the host says 1012
            "    %1 = load %0 imm 4 size 1\n"
            "    %2 = load %0 imm 4 size 1 signed\n"
            "    %3, %6 = read.kernel 1016 size 2\n"
            "    %4, %6 = read.user 5 size 2\n"
            "    %5 = load.str %0 imm 6 size 6\n"
            "    print %1 %2 %3 %6 %5 imm 0\n"));
  world.host.kernel[1012] = std::string("\1\2\3\4\xff\1name\0\0x", 13);
  EXPECT_EQ(world.Run(), "255 -1 511 1 name");
  world.host.kernel.clear();
  EXPECT_EQ(world.Run(), "0 0 0 1 ");
}

TEST(Interp, StringsAreReadUpToTheirNulAcrossPages) {
  World world(Print("format s lit\"|\" d lit\"\\n\"\n", "  reg str:512\n  reg i64\n  reg str:512\n",
                    "    %0, %1 = read.kernel.str 8185 -1\n    print %0 %1 imm 0\n"
                    "    %0, %1 = read.kernel.str 8185 3\n    print %0 %1 imm 0\n"
                    "    %0, %1 = read.user.str 8185 -1\n    print %0 %1 imm 0\n"
                    "    %2, %1 = read.kernel.bytes 8185 2\n    print %2 %1 imm 0\n"));
  // It ends just before an unreadable page.
  world.host.kernel[8000] = std::string(185, 'x') + std::string("string\0", 7);
  EXPECT_EQ(world.Run(), "string|0\nstr|0\n|1\nst|0\n");
  world.host.kernel[8000] = std::string(192, 'x');  // no NUL before that page
  EXPECT_EQ(world.Run(), "|1\nxxx|0\n|1\nxx|0\n");
  world.host.kernel[8000] = std::string(5000, 'y');
  EXPECT_EQ(world.Run(), std::string(511, 'y') + "|0\nyyy|0\n|1\nyy|0\n");
}

TEST(Interp, ChainsEndAtTheRootAndAtThirtyTwo) {
  const std::string body =
      Print("format chain lit\"\\n\" s\n", "  reg i64\n  reg chain\n  reg str:512\n",
            "    %1 = chain.capture %0\n    %2 = chain.text %1 imm 1\n"
            "    print %1 %2 imm 0\n");
  std::string text = body;
  text.replace(text.find("    %1 = chain"), 0, "    %0 = task.from_pid 100\n");  // 1600
  World world(text);
  world.host.offsets = {.comm = 8, .start_boottime = 24, .real_parent = 32};
  const auto task = [&](uint64_t at, std::string comm, uint64_t start, uint64_t parent) {
    comm.resize(16);
    std::string bytes(8, '\0');
    bytes += comm;
    bytes.append(reinterpret_cast<const char*>(&start), 8);
    bytes.append(reinterpret_cast<const char*>(&parent), 8);
    world.host.kernel[at] = bytes;
  };
  task(1600, "pkill", 2'000'000'001, 3200);
  task(3200, "swapper/0", 0, 3200);
  EXPECT_EQ(world.Run(), "swapper/0=>pkill\nswapper/0(0m0.000000000s)=>pkill(0m2.000000001s)");
  task(3200, "a", 0, 1600);  // parents in a circle
  const std::string circle = world.Run();
  EXPECT_EQ(
      std::count(circle.begin(), circle.begin() + static_cast<ptrdiff_t>(circle.find('\n')), '>'),
      31);
  world.host.kernel.clear();
  EXPECT_EQ(world.Run(), "\n");
}

TEST(Interp, PtrOkRefusesTheFirstPage) {
  World world(Print("format d d d\n", "  reg ptr:1\n  reg i64\n  reg i64\n  reg i64\n",
                    "    %1 = ptr.ok %0\n    %0 = context imm 12\n    %2 = ptr.ok %0\n"
                    "    %3 = ptr.int %0\n    print %1 %2 %3 imm 0\n"));
  EXPECT_EQ(world.Run(), "001012");
}

TEST(Interp, AnErrorEndsTheProgramAndExitDoesNot) {
  World world(
      "literal \"why\"\nformat s lit\"!\"\nformat lit\"after\"\nsite \"x\" \"f\" 1 1\n" +
      std::string(kBegin) +
      "  block 0\n    exit\n    print imm 1\n    error @0 imm 0 !0\n    print imm 1\n    return\n");
  EXPECT_EQ(world.Run(), "<exit>after<error 0 0 why!>");
}

TEST(Interp, WarningsLogsAndEvents) {
  World world("literal \"text\"\nformat s\nevent \"kill\" i64 \"a\" str:0 \"b\"\n" +
              std::string(kBegin) +
              "  reg str:16\n  block 0\n    warn @0 imm 0\n    log @0 imm 0\n"
              "    %0 = context imm 13\n    print 7 %0\n    return\n");
  world.module.programs[0].blocks[0].instrs.back().op = ir::Op::kEvent;
  EXPECT_EQ(world.Run(), "<warn text><log text>event 0 7'' 0'podtap'\n");
}

TEST(Interp, ValuesAreEscapedWhenAsked) {
  World world("literal \"\\x1b[1m\"\nformat lit\"\\x1b[2m\" s s\n" + std::string(kBegin) +
              "  reg str:16\n  block 0\n    %0 = read.kernel.str 16 -1\n    print @0 %0 imm 0\n    "
              "return\n");
  world.host.kernel[16] = std::string("\x1b]x\0", 4) + std::string(300, '\0');
  EXPECT_EQ(world.Run(), "\x1b[2m\x1b[1m\x1b]x");
  world.interpreter->set_escape_controls(true);
  EXPECT_EQ(world.Run(), "\x1b[2m\x1b[1m\\x1b]x");
}

TEST(Interp, AProgramThatIsNotThereDoesNothing) {
  World world("");
  EXPECT_EQ(world.Run(3), "");
}

}  // namespace
}  // namespace podtap::interp
