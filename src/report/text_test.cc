#include "report/text.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "base/escape.h"
#include "verdict/test_golden.h"

namespace podtap::report {
namespace {

std::vector<std::string> Lines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    lines.emplace_back(text.substr(0, text.find('\n')));
    text.remove_prefix(std::min(text.size(), lines.back().size() + 1));
  }
  return lines;
}

TEST(VerdictText, CommonCausesFitAScreen) {
  for (const verdict::GoldenCase& golden : verdict::ReadGoldenCases()) {
    const verdict::Verdict verdict = verdict::Judge(golden.death);
    // Several that could have asked need a line or two each.
    if (verdict.on_behalf_of.size() > 1) continue;
    EXPECT_LE(Lines(VerdictText(golden.death, verdict)).size(), 24U) << golden.name;
  }
}

TEST(VerdictText, NoLineIsWiderThanAskedFor) {
  for (const verdict::GoldenCase& golden : verdict::ReadGoldenCases()) {
    for (const int width : {40, 80, 132}) {
      const std::string text =
          VerdictText(golden.death, verdict::Judge(golden.death), {.width = width});
      for (const std::string& line : Lines(text)) {
        EXPECT_LE(Width(line), static_cast<size_t>(width)) << golden.name << ": " << line;
        EXPECT_EQ(Escape(line), line) << golden.name;
      }
    }
  }
}

TEST(VerdictText, ColourOnlyWhenAskedFor) {
  for (const verdict::GoldenCase& golden : verdict::ReadGoldenCases()) {
    const verdict::Verdict verdict = verdict::Judge(golden.death);
    const std::string plain = VerdictText(golden.death, verdict);
    EXPECT_EQ(plain.find('\x1b'), std::string::npos) << golden.name;
    std::string coloured = VerdictText(golden.death, verdict, {.colour = true});
    EXPECT_NE(coloured.find("\x1b[1m"), std::string::npos) << golden.name;
    // The same words without it.
    for (size_t at = coloured.find('\x1b'); at != std::string::npos; at = coloured.find('\x1b')) {
      coloured.erase(at, coloured.find('m', at) - at + 1);
    }
    EXPECT_EQ(coloured, plain) << golden.name;
  }
}

TEST(VerdictText, HostileNamesAreShownNotObeyed) {
  store::Death death;
  death.container.name = "web\x1b[2J";
  death.init = {{7942}, {1}};
  death.exit_status = 9;
  death.watched = true;
  death.at = {1'000};
  store::Process killer;
  killer.key = {{1}, {2}};
  killer.comm = "\xff\x1b]0;owned\x07";
  killer.args = {"a\nb", "\u202e"};
  killer.cgroup_path = "/x";
  death.processes = {killer};
  store::SignalSent sent;
  sent.signal = 9;
  sent.info = store::SignalSent::Info::kReal;
  sent.sender = killer.key;
  sent.target = death.init;
  sent.call = 62;
  sent.call_arg = 7942;
  death.rows.push_back({{900}, sent});
  const std::string text = VerdictText(death, verdict::Judge(death));
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_EQ(text.find('\x07'), std::string::npos);
  EXPECT_NE(text.find("\\x1b]0;owned\\x07"), std::string::npos) << text;
  EXPECT_NE(text.find("a\\x0ab"), std::string::npos) << text;
}

TEST(VerdictText, AnEmptyDeathIsToldToo) {
  const std::string text = VerdictText({}, verdict::Judge({}));
  EXPECT_NE(text.find("is not known"), std::string::npos);
  EXPECT_EQ(text.find("(0)"), std::string::npos) << text;
}

}  // namespace
}  // namespace podtap::report
