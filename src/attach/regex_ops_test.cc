// Regular expressions in the kernel against regex::Match.
#include <random>

#include "attach/program_for_test.h"
#include "regex/regex.h"

namespace podtap::attach {
namespace {

using namespace testing;

struct Case {
  std::string pattern;
  std::string text;
};

int64_t AddRegex(ModuleMaker& m, const std::string& pattern, bool captures) {
  auto made = regex::Compile(pattern, captures);
  EXPECT_TRUE(made.has_value()) << pattern;
  if (made) m.module.regexes.push_back(std::move(*made));
  return static_cast<int64_t>(m.module.regexes.size() - 1);
}

void Check(const std::vector<Case>& cases, kernel::Kernel& kernel = TheKernel()) {
  ModuleMaker m;
  m.Begin("begin", ir::AttachBegin{});
  std::vector<std::string> expected;
  std::vector<Operand> results;
  for (const Case& c : cases) {
    const int64_t regex = AddRegex(m, c.pattern, false);
    results.push_back(R(m.L(Op::kRegexTest, {R(m.UnknownStr(c.text, 64))}, regex)));
    results.push_back(R(m.L(Op::kRegexTest, {m.Literal(c.text)}, regex)));
    const bool found = regex::Match(m.module.regexes.back(), c.text);
    expected.insert(expected.end(), 2, found ? "1" : "0");
  }
  m.Print(results);
  const Ran ran = RunModule(m.module, kernel);
  ASSERT_EQ(ran.items.size(), 1u);
  for (size_t i = 0; i < expected.size(); i++) {
    EXPECT_EQ(ran.items[0].values[i], expected[i])
        << cases[i / 2].pattern << " on " << cases[i / 2].text;
  }
}

// Each match is asked for its groups at once: it is the last one then.
void CheckGroups(const std::vector<Case>& cases, kernel::Kernel& kernel = TheKernel()) {
  ModuleMaker m;
  m.Begin("begin", ir::AttachBegin{});
  m.Add(Op::kRegexForget, ir::kNoReg, {});
  std::vector<std::string> expected;
  const auto ask = [&](int64_t group) {
    const Reg text = m.Str(64), fault = m.Long();
    m.Add(Op::kRegexGroup, text, {R(m.Unknown(group))}).dst2 = fault;
    m.Print({R(text), R(fault)});
  };
  ask(0);
  expected.insert(expected.end(), {"", "1"});
  for (const Case& c : cases) {
    const int64_t regex = AddRegex(m, c.pattern, true);
    const regex::Automaton& automaton = m.module.regexes.back();
    m.Print({R(m.L(Op::kRegexMatch, {R(m.UnknownStr(c.text, 64))}, regex)),
             R(m.L(Op::kRegexGroups, {}))});
    std::vector<int64_t> places(2 * (size_t{automaton.groups} + 1), -1);
    const bool found = regex::Match(automaton, c.text, places);
    expected.insert(expected.end(),
                    {found ? "1" : "0", std::to_string(found ? int64_t{automaton.groups} : -1)});
    for (int64_t group = -1; group <= automaton.groups + 1; group++) {
      ask(group);
      const bool there = group >= 0 && group <= automaton.groups;
      std::string text;
      if (found && there) {
        const auto at = static_cast<size_t>(2 * group);
        const int64_t begin = places[at], end = places[at + 1];
        if (begin >= 0) {
          text = c.text.substr(static_cast<size_t>(begin), static_cast<size_t>(end - begin));
        }
      }
      expected.insert(expected.end(), {text, !found ? "1" : (there ? "0" : "2")});
    }
  }
  const Ran ran = RunModule(m.module, kernel);
  std::vector<std::string> got;
  for (const Decoded& item : ran.items) {
    got.insert(got.end(), item.values.begin(), item.values.end());
  }
  EXPECT_EQ(got, expected);
}

const std::vector<Case> kCases = {
    {"b", "abc"},
    {"d", "abc"},
    {"", ""},
    {"^$", ""},
    {"x*$", "abc"},
    {"^([a-z]+)\\(([0-9]+)\\)$", "pkill(137)"},
    {"^([a-z]+)\\(([0-9]+)\\)$", "pkill(137"},
    {"(a|ab)(c|bcd)?", "xabcd"},
    {"([0-9]+)\\.([0-9]+)(\\.([0-9]+))?", "Linux 6.18.44"},
    {"([0-9]+)\\.([0-9]+)(\\.([0-9]+))?", "v6.1 "},
    {"\xff+(.)", "a\xff\xff!"},
    {"(a*)(b*)$", std::string(40, 'a') + std::string(22, 'b')},
};

TEST(Regex, Tests) {
  SKIP_UNLESS_ROOT();
  Check(kCases);
  OldKernel old;
  Check({kCases.begin(), kCases.begin() + 6}, old);
}

TEST(Regex, Groups) {
  SKIP_UNLESS_ROOT();
  CheckGroups(kCases);
  OldKernel old;
  CheckGroups({kCases[5], kCases[8]}, old);
}

TEST(Regex, RandomTexts) {
  SKIP_UNLESS_ROOT();
  const std::vector<std::string> patterns = {"(a|b)*abb", "a(.)c|(b+)a", "^(a?b?)*c$",
                                             "(ab|a)(bc|c)?$", "[^b]b{2,3}"};
  std::mt19937_64 random(9);
  std::vector<Case> cases;
  for (int i = 0; i < 60; i++) {
    std::string text;
    for (size_t k = random() % 10; k > 0; k--) text += "abc"[random() % 3];
    cases.push_back({patterns[random() % patterns.size()], text});
  }
  Check(cases);
  CheckGroups({cases.begin(), cases.begin() + 15});
}

}  // namespace
}  // namespace podtap::attach
