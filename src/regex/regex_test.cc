#include "regex/regex.h"

#include <gtest/gtest.h>
#include <regex.h>

#include <random>
#include <string>
#include <vector>

namespace podtap::regex {
namespace {

bool Finds(const std::string& pattern, const std::string& text) {
  const auto automaton = Compile(pattern, false);
  EXPECT_TRUE(automaton.has_value())
      << pattern << ": " << (automaton ? "" : automaton.error().what);
  return automaton && Match(*automaton, text);
}

// The groups' texts, "-" for one that matched nothing; empty when nothing is found.
std::vector<std::string> Groups(const std::string& pattern, const std::string& text) {
  const auto automaton = Compile(pattern, true);
  EXPECT_TRUE(automaton.has_value())
      << pattern << ": " << (automaton ? "" : automaton.error().what);
  if (!automaton) return {};
  std::vector<int64_t> places(2 * (size_t{automaton->groups} + 1));
  const bool found = Match(*automaton, text, places);
  EXPECT_EQ(found, Finds(pattern, text)) << pattern << " on " << text;
  std::vector<std::string> groups;
  for (size_t i = 0; found && i < places.size(); i += 2) {
    const auto begin = places[i], end = places[i + 1];
    EXPECT_LE(begin, end);
    EXPECT_LE(end, static_cast<int64_t>(text.size()));
    groups.push_back(
        begin < 0 ? "-"
                  : text.substr(static_cast<size_t>(begin), static_cast<size_t>(end - begin)));
  }
  return groups;
}

std::string Wrong(const std::string& pattern) {
  const auto automaton = Compile(pattern, false);
  if (automaton) return "nothing";
  return std::to_string(automaton.error().offset) + " " + automaton.error().what;
}

using Texts = std::vector<std::string>;

TEST(Regex, Finds) {
  EXPECT_TRUE(Finds("b", "abc"));
  EXPECT_FALSE(Finds("d", "abc"));
  EXPECT_TRUE(Finds("", ""));
  EXPECT_TRUE(Finds("^$", ""));
  EXPECT_FALSE(Finds("^$", "x"));
  EXPECT_TRUE(Finds("^a.c$", "abc"));
  EXPECT_FALSE(Finds("^a.c$", "abcd"));
  EXPECT_TRUE(Finds("(foo|ba[rz])+$", "xxbarbaz"));
  EXPECT_TRUE(Finds("[[:digit:]]{3}-[0-9]{2,4}", "call 123-4567"));
  EXPECT_FALSE(Finds("[[:digit:]]{3}-[0-9]{2,4}", "call 12-4567"));
  EXPECT_TRUE(Finds("a\\.b", "a.b"));
  EXPECT_FALSE(Finds("a\\.b", "axb"));
  EXPECT_TRUE(Finds("[]^-]", "x]"));
  EXPECT_FALSE(Finds("[^]a]", "a]"));
  EXPECT_TRUE(Finds("\xff", "a\xff"));
  EXPECT_TRUE(Finds("^kworker/[0-9]+:[0-9]+H?", "kworker/3:1H-kblockd"));
  EXPECT_FALSE(Finds("x", std::string("a\0x", 3))) << "a NUL is the end";
  EXPECT_TRUE(Finds("a{0}b", "b"));
  EXPECT_TRUE(Finds("(a*)*b", "aaab"));
  EXPECT_TRUE(Finds("a|", "b"));
  EXPECT_TRUE(Finds("x*$", "ab"));
  EXPECT_FALSE(Finds("a^b", "a^b"));
}

TEST(Regex, Groups) {
  EXPECT_EQ(Groups("b+", "abbbc"), (Texts{"bbb"}));
  EXPECT_EQ(Groups("(a|ab)(c|bcd)?", "xabcd"), (Texts{"abcd", "a", "bcd"}));
  EXPECT_EQ(Groups("a|ab", "xab"), (Texts{"ab"})) << "the longest";
  EXPECT_EQ(Groups("b|ab|c", "cab"), (Texts{"c"})) << "the leftmost";
  EXPECT_EQ(Groups("^([a-z]+)\\(([0-9]+)\\)$", "pkill(137)"),
            (Texts{"pkill(137)", "pkill", "137"}));
  EXPECT_EQ(Groups("(a)|(b)", "b"), (Texts{"b", "-", "b"}));
  EXPECT_EQ(Groups("(a*)(a*)$", "baa"), (Texts{"aa", "aa", ""}));
  EXPECT_EQ(Groups("([0-9]+)\\.([0-9]+)(\\.([0-9]+))?", "Linux 6.18.44"),
            (Texts{"6.18.44", "6", "18", ".44", "44"}));
  EXPECT_EQ(Groups("([0-9]+)\\.([0-9]+)(\\.([0-9]+))?", "v6.1 "),
            (Texts{"6.1", "6", "1", "-", "-"}));
  EXPECT_EQ(Groups("(x)+", "axxxb"), (Texts{"xxx", "x"}));
  EXPECT_EQ(Groups("()", "abc"), (Texts{"", ""}));
  EXPECT_EQ(Groups("$", "abc"), (Texts{""}));
  EXPECT_EQ(Groups("c($)", "abc"), (Texts{"c", ""}));
  EXPECT_EQ(Groups("nothing", "abc"), Texts{});
}

TEST(Regex, WhatIsWrongIsSaid) {
  EXPECT_EQ(Wrong("a(b"), "1 unbalanced '('");
  EXPECT_EQ(Wrong("ab)"), "2 unbalanced ')'");
  EXPECT_EQ(Wrong("x[ab"), "1 unbalanced '['");
  EXPECT_EQ(Wrong("*a"), "0 nothing for '*' to repeat");
  EXPECT_EQ(Wrong("a|+"), "2 nothing for '+' to repeat");
  EXPECT_EQ(Wrong("a{3,2}"), "1 a repetition whose limits are in the wrong order");
  EXPECT_EQ(Wrong("a{1000}"), "1 a repetition of more than 255");
  EXPECT_EQ(Wrong("a{x}"), "1 expected a number after '{'");
  EXPECT_EQ(Wrong("(a)\\1"), "3 back references can't be matched");
  EXPECT_EQ(Wrong("a\\"), "1 a '\\' at the end");
  EXPECT_EQ(Wrong("[z-a]"), "1 a range whose ends are in the wrong order");
  EXPECT_EQ(Wrong("[[:nope:]]"), "1 no such class: 'nope'");
  EXPECT_EQ(Wrong("[[.a.]]"), "1 collating elements can't be matched");
  EXPECT_EQ(Wrong("(a|b)*a(a|b){14}"), "0 it is too large");
  EXPECT_EQ(Wrong("((((a{255}){255}){255}){255})"), "0 it is too large");
  EXPECT_EQ(Wrong(std::string(500, '(')), "100 groups nested too deeply");
  EXPECT_EQ(Wrong("a" + std::string(500, '*')), "0 too many repetitions of one thing");
}

// Patterns of a few letters and operators, with at most two groups.
class PatternMaker {
 public:
  explicit PatternMaker(uint64_t seed) : random_(seed) {}
  std::string Make() { return Alternative(3); }
  std::string Text() {
    std::string text;
    for (size_t i = random_() % 12; i > 0; i--) text += "abc"[random_() % 3];
    return text;
  }

 private:
  std::string Alternative(int depth) {
    std::string text = Sequence(depth);
    if (depth > 0 && random_() % 3 == 0) text += "|" + Sequence(depth);
    return text;
  }
  std::string Sequence(int depth) {
    std::string text;
    for (size_t i = 1 + random_() % 3; i > 0; i--) text += Repeated(depth);
    return text;
  }
  std::string Repeated(int depth) {
    static const std::vector<std::string> kRepeats = {"", "", "", "*", "+", "?", "{2}", "{1,2}"};
    return Atom(depth) + kRepeats[random_() % kRepeats.size()];
  }
  std::string Atom(int depth) {
    static const std::vector<std::string> kAtoms = {"a", "b", "c", ".", "[ab]", "[^a]", "b"};
    if (depth > 0 && random_() % 4 == 0) return "(" + Alternative(depth - 1) + ")";
    return kAtoms[random_() % kAtoms.size()];
  }
  std::mt19937_64 random_;
};

// regexec(3) as the judge of whether, where and how long.
TEST(Regex, AgreesWithTheLibrary) {
  PatternMaker maker(5);
  int found = 0;
  for (int i = 0; i < 300; i++) {
    std::string pattern = maker.Make();
    if (i % 5 == 0) pattern = "^(" + pattern + ")";
    if (i % 7 == 0) pattern = "(" + pattern + ")$";
    regex_t library;
    ASSERT_EQ(regcomp(&library, pattern.c_str(), REG_EXTENDED), 0) << pattern;
    const auto captures = Compile(pattern, true), plain = Compile(pattern, false);
    if (captures && plain) {
      for (int k = 0; k < 20; k++) {
        const std::string text = maker.Text();
        regmatch_t expected[1];
        const bool there = regexec(&library, text.c_str(), 1, expected, 0) == 0;
        int64_t places[2] = {};
        EXPECT_EQ(Match(*plain, text), there) << pattern << " on " << text;
        ASSERT_EQ(Match(*captures, text, places), there) << pattern << " on " << text;
        if (!there) continue;
        found++;
        ASSERT_EQ(places[0], expected[0].rm_so) << pattern << " on " << text;
        ASSERT_EQ(places[1], expected[0].rm_eo) << pattern << " on " << text;
      }
    } else {
      EXPECT_EQ((captures ? plain : captures).error().what, "it is too large");
    }
    regfree(&library);
  }
  EXPECT_GT(found, 1000);
}

}  // namespace
}  // namespace podtap::regex
