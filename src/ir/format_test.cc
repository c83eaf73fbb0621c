#include "ir/format.h"

#include <gtest/gtest.h>

#include <climits>
#include <cstdio>
#include <cstring>
#include <random>

namespace podtap::ir {
namespace {

Format Parsed(std::string_view text) {
  Format format;
  std::string error;
  size_t offset = 0;
  EXPECT_TRUE(ParseFormat(text, format, error, offset)) << text << ": " << error;
  return format;
}

std::string Text(std::string_view format, std::vector<FormatValue> values = {}) {
  std::string out;
  FormatText(Parsed(format), values, out);
  return out;
}

FormatValue N(int64_t number) { return {.number = number, .text = {}}; }
FormatValue S(std::string_view text) { return {.number = 0, .text = text}; }

TEST(Format, ReferenceLine) {
  EXPECT_EQ(Text("%p %x %5d|%-5d|%05d %c %s %3.2s|%%\n",
                 {N(4096), N(255), N(42), N(42), N(42), N(65), S("str"), S("abcdef")}),
            "0x1000 ff    42|42   |00042 A str  ab|%\n");
}

TEST(Format, Integers) {
  EXPECT_EQ(Text("%d %i %u", {N(INT64_MIN), N(-1), N(-1)}),
            "-9223372036854775808 -1 18446744073709551615");
  EXPECT_EQ(Text("%x %X %o %#x %#X %#o", {N(-1), N(0xabc), N(8), N(255), N(255), N(8)}),
            "ffffffffffffffff ABC 10 0xff 0XFF 010");
  EXPECT_EQ(Text("%+d|% d|%+5d|%-+5d|", {N(1), N(1), N(1), N(1)}), "+1| 1|   +1|+1   |");
  EXPECT_EQ(Text("%.3d|%6.3d|%08x|%#08x", {N(5), N(5), N(255), N(255)}),
            "005|   005|000000ff|0x0000ff");
  EXPECT_EQ(Text("%lld %ld %hd %zu %jx", {N(1), N(2), N(3), N(4), N(15)}), "1 2 3 4 f");
  EXPECT_EQ(Text("%p %20p|", {N(0), N(-1)}), "0x0   0xffffffffffffffff|");
}

TEST(Format, WidthAndPrecisionFromArguments) {
  EXPECT_EQ(Text("%*d|%-*d|%*d|", {N(4), N(7), N(4), N(7), N(-4), N(7)}), "   7|7   |7   |");
  EXPECT_EQ(Text("%.*s|%.*s|%*.*s|", {N(2), S("abc"), N(-1), S("abc"), N(4), N(1), S("abc")}),
            "ab|abc|   a|");
  EXPECT_EQ(ArgumentKinds(Parsed("%*.*s %d %.*m %c %%")), "ddsddmd");
}

TEST(Format, BinaryAndMemory) {
  EXPECT_EQ(Text("%b", {N(0x4142434445464748)}), "HGFEDCBA");
  EXPECT_EQ(Text("%.2b%.1b", {N(0x4142), N(0x43)}), "BAC");
  EXPECT_EQ(Text("%4b", {N(0x41424344)}), "DCBA");
  EXPECT_EQ(Text("%4.2b", {N(0x4142)}), std::string("\0\0BA", 4));
  EXPECT_EQ(Text("%m|%.3m|%5.3m|%-5.3m|", {S("abcdef"), S("abcdef"), S("abcdef"), S("abcdef")}),
            "a|abc|  abc|abc  |");
  EXPECT_EQ(Text("%M|%.3M|%8.3M",
                 {S("\x01\xff"), S(std::string_view("\x00\xab\xcd", 3)), S("\x12\x34\x56")}),
            "01|00abcd|  123456");
  EXPECT_EQ(Text("%c%c%3c|", {N('a'), N(0), N('b')}), "a  b|");
}

TEST(Format, MistakesAreFound) {
  for (const auto& [text, at] : {std::pair<std::string_view, size_t>{"abc%", 3},
                                 {"%q", 0},
                                 {"%d %", 3},
                                 {"%-", 0},
                                 {"%.", 0},
                                 {"%lll", 0},
                                 {"a%y%d", 1},
                                 {std::string_view("%l\0d", 4), 0}}) {
    Format format;
    std::string error;
    size_t offset = 99;
    EXPECT_FALSE(ParseFormat(text, format, error, offset)) << text;
    EXPECT_EQ(offset, at) << text;
    EXPECT_FALSE(error.empty());
  }
}

TEST(Format, LiteralsAreJoined) {
  const Format format = Parsed("100%% of %%d");
  ASSERT_EQ(format.pieces.size(), 1u);
  EXPECT_EQ(format.pieces[0].text, "100% of %d");
  EXPECT_TRUE(Parsed("").pieces.empty());
}

TEST(Format, HostileWidthsAreBounded) {
  EXPECT_EQ(Text("%999999999999d", {N(1)}).size(), 8192u);
  EXPECT_EQ(Text("%*.*d", {N(INT64_MAX), N(INT64_MAX), N(1)}).size(), 8192u);
  EXPECT_EQ(Text("%*d", {N(INT64_MIN), N(1)}).size(), 8192u);
  EXPECT_EQ(Text("%d %s %*d|", {}), "0  0|");  // too few values
}

// Where C's printf means the same, the two must agree.
TEST(Format, AgreesWithPrintf) {
  std::mt19937_64 random(7);
  const auto pick = [&](auto... options) {
    const std::string_view all[] = {options...};
    return std::string(all[random() % std::size(all)]);
  };
  for (int i = 0; i < 20000; i++) {
    const std::string before =
        "%" + pick("", "-", "0", "+", " ", "-+", "0+") + pick("", "1", "5", "12", "30");
    const std::string letter = pick("d", "i", "u", "x", "X", "o");
    const auto value =
        static_cast<int64_t>(random() >> (random() % 64)) * (random() % 2 == 0 ? 1 : -1);
    char expected[256];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(expected, sizeof expected, (before + "l" + letter).c_str(), value);
#pragma GCC diagnostic pop
    EXPECT_EQ(Text(before + letter, {N(value)}), expected) << before << letter << " " << value;
  }
}

TEST(Format, EscapesWhatIsNotTheScripts) {
  const auto escaped = [](std::string_view format, std::vector<FormatValue> values) {
    std::string out = "x";
    FormatTextEscaped(Parsed(format), values, out);
    return out.substr(1);
  };
  EXPECT_EQ(escaped("\x1b[1m%s\x1b[0m\n", {S("a\x1b]0;title\x07\n\tb")}),
            "\x1b[1ma\\x1b]0;title\\x07\n\tb\x1b[0m\n");
  EXPECT_EQ(escaped("%s", {{.number = 0, .text = "\x1b[1m", .literal = true}}), "\x1b[1m");
  EXPECT_EQ(escaped("%c%d", {N(0x1b), N(1)}), "\\x1b1");
  EXPECT_EQ(escaped("%s", {S("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80")}),
            "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80");
  EXPECT_EQ(escaped("%s", {S("\xc2\x9b|\xff|\xc3|\xed\xa0\x80|\x7f")}),
            "\\xc2\\x9b|\\xff|\\xc3|\\xed\\xa0\\x80|\\x7f");
}

std::string Chain(const std::vector<std::pair<std::string_view, uint64_t>>& tasks) {
  std::string bytes;
  for (const auto& [comm, start_ns] : tasks) {
    ChainEntry entry{};
    std::memcpy(entry.comm, comm.data(), std::min(comm.size(), sizeof entry.comm));
    entry.start_ns = start_ns;
    bytes.append(reinterpret_cast<const char*>(&entry), sizeof entry);
  }
  return bytes;
}

TEST(Format, ChainHasTheRootFirst) {
  const std::string chain = Chain({{"pkill", 33475 * 60'000'000'000 + 5'202'486'630},
                                   {"systemd", 80'000'000},
                                   {"swapper/0", 0}});
  std::string out;
  FormatChain(chain, true, out);
  EXPECT_EQ(out, "swapper/0(0m0.000000000s)=>systemd(0m0.080000000s)=>pkill(33475m5.202486630s)");
  out.clear();
  FormatChain(chain, false, out);
  EXPECT_EQ(out, "swapper/0=>systemd=>pkill");
}

TEST(Format, ChainOfOddBytes) {
  std::string out;
  FormatChain("", true, out);
  FormatChain("short", true, out);
  EXPECT_EQ(out, "");
  // A comm without a NUL, and the largest time.
  FormatChain(Chain({{"0123456789abcdef", UINT64_MAX}}), true, out);
  EXPECT_EQ(out, "0123456789abcdef(307445734m33.709551615s)");
}

}  // namespace
}  // namespace podtap::ir
