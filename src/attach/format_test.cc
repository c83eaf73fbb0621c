// sprintf in the kernel against ir::FormatText: the same text for all flags.
#include "ir/format.h"

#include <climits>

#include "attach/program_for_test.h"

namespace podtap::attach {
namespace {

using namespace testing;

constexpr uint32_t kCap = 128;

struct Case {
  std::string format;
  std::vector<int64_t> numbers;    // longs, in order
  std::vector<std::string> texts;  // strings, in order
};

void Check(const std::vector<Case>& cases, kernel::Kernel& kernel = TheKernel()) {
  ModuleMaker m;
  m.Begin("begin", ir::AttachBegin{});
  std::vector<std::string> expected;
  for (const Case& c : cases) {
    const int64_t format = m.Format(c.format);
    std::vector<Operand> args;
    std::vector<ir::FormatValue> values;
    size_t number = 0, text = 0;
    for (char kind : ir::ArgumentKinds(m.module.formats[static_cast<size_t>(format)])) {
      if (kind == 'd') {
        values.push_back({.number = c.numbers[number], .text = {}});
        args.push_back(R(m.Unknown(c.numbers[number++])));
      } else {
        values.push_back({.number = 0, .text = c.texts[text]});
        args.push_back(R(m.UnknownStr(c.texts[text++], 64)));
      }
    }
    std::string out;
    ir::FormatText(m.module.formats[static_cast<size_t>(format)], values, out);
    expected.push_back(out.substr(0, out.find('\0')).substr(0, kCap - 1));
    const Reg d = m.Str(kCap);
    m.Add(Op::kFormat, d, args, format);
    m.Print({R(d)});
  }
  Ran ran = RunModule(m.module, kernel);
  ASSERT_EQ(ran.items.size(), cases.size());
  for (size_t i = 0; i < cases.size(); i++) {
    EXPECT_EQ(ran.items[i].values[0], expected[i]) << cases[i].format;
  }
}

TEST(Format, NumbersWithEveryFlag) {
  SKIP_UNLESS_ROOT();
  const int64_t numbers[] = {0, 7, -42, INT64_MAX, INT64_MIN};
  for (const char* conversion : {"d", "u", "x", "X", "o", "p"}) {
    for (const char* flags : {"", "-", "0", "+", " ", "#", "-0", "+0", "#0", "# +"}) {
      std::vector<Case> cases;
      for (const char* shape : {"", "1", "12", "30", ".0", ".5", "12.5", "5.12"}) {
        for (int64_t number : {numbers[0], numbers[2]}) {
          cases.push_back({std::string("<%") + flags + shape + conversion + ">", {number}, {}});
        }
      }
      Check(cases);
    }
    std::vector<Case> cases;
    for (int64_t number : numbers) {
      cases.push_back({std::string("%") + conversion, {number}, {}});
      cases.push_back({std::string("[%25") + conversion + "]", {number}, {}});
    }
    Check(cases);
  }
}

TEST(Format, StringsAndCharacters) {
  SKIP_UNLESS_ROOT();
  Check({{"plain", {}, {}},
         {"%s", {}, {"text"}},
         {"%s%s", {}, {"", "b"}},
         {"[%10s]", {}, {"right"}},
         {"[%-10s]", {}, {"left"}},
         {"[%.2s]", {}, {"cut"}},
         {"[%8.2s]", {}, {"cut"}},
         {"[%-8.2s]", {}, {"cut"}},
         {"[%3s]", {}, {"longer"}},
         {"[%.0s]", {}, {"none"}}});
  Check({{"%c%c", {'a', 'b'}, {}},
         {"[%c]", {0}, {}},
         {"[%4c]", {'x'}, {}},
         {"[%-4c]", {'x'}, {}},
         {"[%4c]", {0}, {}},
         {"%c", {0x141}, {}},
         {"%s(%d) send %s to %s(%d)\n", {1, -2}, {"a", "b", "c"}},
         {"100%% of %d", {3}, {}},
         {"%300d", {5}, {}}});
  Check({{std::string(200, 'x') + "%d", {5}, {}},
         {"%s%s%s", {}, {std::string(60, 'a'), std::string(60, 'b'), "cc"}}});
}

TEST(Format, WidthAndPrecisionFromArguments) {
  SKIP_UNLESS_ROOT();
  Check({{"[%*d]", {6, 42}, {}},
         {"[%*d]", {-6, 42}, {}},
         {"[%.*d]", {4, 42}, {}},
         {"[%.*d]", {-4, 42}, {}},
         {"[%0*d]", {6, -42}, {}},
         {"[%0*d]", {-6, -42}, {}},
         {"[%*.*x]", {10, 4, 255}, {}},
         {"[%*s]", {6}, {"ab"}},
         {"[%-*s]", {6}, {"ab"}}});
  Check({{"[%.*s]", {1}, {"ab"}},
         {"[%.*s]", {-1}, {"ab"}},
         {"[%*d]", {INT64_MIN, 1}, {}},
         {"[%*d]", {INT64_MAX, 1}, {}},
         {"[%*c]", {3, 'z'}, {}}});
}

TEST(Format, RawBytes) {
  SKIP_UNLESS_ROOT();
  Check({{"%b", {0x4847464544434241}, {}},
         {"%4b|", {0x4847464544434241}, {}},
         {"%.2b|", {0x4142}, {}},
         {"%b|", {0x41}, {}},
         {"%1b%1b", {0x41, 0x42}, {}},
         {"%-6.2b|", {0x4142}, {}},
         {"%6.2b|", {0x4142}, {}}});
}

TEST(Format, RawBytesOfASizeFromArguments) {
  SKIP_UNLESS_ROOT();
  std::vector<Case> cases;
  for (const int64_t value : {int64_t{0x4847464544434241}, int64_t{0x4241}}) {
    for (const int64_t size : {1, 2, 3, 4, 8, 20, 0, -1, -2, -8, -20}) {
      cases.push_back({"%*b|", {size, value}, {}});
      cases.push_back({"%.*b|", {size, value}, {}});
      cases.push_back({"%-6.*b|", {size, value}, {}});
      cases.push_back({"%*.2b|", {size, value}, {}});
    }
    cases.push_back({"%*.*b|", {-6, 2, value}, {}});
    Check(cases);
    cases.clear();
  }
}

TEST(Format, MemoryAsHex) {
  SKIP_UNLESS_ROOT();
  const std::string bytes = "\x01\x7f\x80\xff 09AZaz\x10" + std::string(40, '\xab');
  const std::vector<Case> cases = {{"%M", {}, {bytes}},           {"[%.4M]", {}, {bytes}},
                                   {"[%.12M]", {}, {bytes}},      {"[%12.4M]", {}, {bytes}},
                                   {"[%-12.4M]", {}, {bytes}},    {"[%.0M]", {}, {bytes}},
                                   {"[%.*M]", {7}, {bytes}},      {"[%.*M]", {-7}, {bytes}},
                                   {"[%*.*M]", {20, 5}, {bytes}}, {"[%-*.*M]", {20, 5}, {bytes}},
                                   {"[%.50M]", {}, {bytes}},      {"[%200.2M]", {}, {bytes}}};
  Check(cases);
  OldKernel old;
  Check(cases, old);
}

// A result that is also its own operand.
TEST(Format, IntoItsOwnOperand) {
  SKIP_UNLESS_ROOT();
  ModuleMaker m;
  m.Begin("begin", ir::AttachBegin{});
  const Reg d = m.UnknownStr("ab", 64);
  m.Add(Op::kFormat, d, {R(d), R(d)}, m.Format("%s-%5s"));
  m.Print({R(d)});
  Ran ran = RunModule(m.module);
  ASSERT_EQ(ran.items.size(), 1u);
  EXPECT_EQ(ran.items[0].values[0], "ab-   ab");
}

}  // namespace
}  // namespace podtap::attach
