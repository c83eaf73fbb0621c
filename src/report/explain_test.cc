#include "report/explain.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "base/escape.h"
#include "verdict/verdict.h"

namespace podtap::report {
namespace {

std::string TitleOf(std::string_view code) {
  const std::vector<Reading> readings = Explain(code);
  return readings.empty() ? "" : readings.front().title;
}

TEST(Explanations, TheTableIsWellFormed) {
  std::string problem;
  const std::vector<Explanation> table = ParseExplanations(ExplanationsText(), problem);
  EXPECT_EQ(problem, "");
  std::set<std::string> names;
  for (const Explanation& entry : table) {
    ASSERT_FALSE(entry.names.empty());
    EXPECT_TRUE(entry.is.ends_with('.')) << entry.names[0];
    EXPECT_FALSE(entry.can.empty() && entry.find.empty() && entry.see.empty()) << entry.names[0];
    for (const std::string& name : entry.names) {
      EXPECT_TRUE(names.insert(name).second) << name << " stands there twice";
    }
  }
  for (const Explanation& entry : table) {
    for (const std::string& other : entry.see) {
      EXPECT_TRUE(names.contains(other)) << entry.names[0] << " sends to " << other;
    }
  }
}

TEST(Explanations, EveryCauseAndSignalHasAnEntry) {
  for (size_t i = 0; i < verdict::kCauses; i++) {
    const std::string name(verdict::CauseName(static_cast<verdict::Cause>(i)));
    ASSERT_EQ(Explain(name).size(), 1U) << name;
    EXPECT_EQ(TitleOf(name), name);
  }
  for (int32_t signal = 1; signal <= 31; signal++) {
    const std::string name = verdict::SignalName(signal);
    ASSERT_EQ(Explain(name).size(), 1U) << name;
    EXPECT_EQ(Explain(name)[0].entries.size(), 1U) << name;
  }
}

TEST(Explanations, AWrongLineIsNamed) {
  std::string problem;
  ParseExplanations("= a\nis it.\nwhat is this\n", problem);
  EXPECT_EQ(problem, "line 3: what is this");
}

TEST(Explain, Numbers) {
  EXPECT_EQ(TitleOf("137"), "137: exit code, 128 + 9, SIGKILL");
  EXPECT_EQ(TitleOf("139"), "139: exit code, 128 + 11, SIGSEGV");
  EXPECT_EQ(TitleOf("0x8b"), "0x8b: wait status: ended by SIGSEGV, core dumped");
  EXPECT_EQ(TitleOf("0x9"), "0x9: wait status: ended by SIGKILL");
  EXPECT_EQ(TitleOf("35072"), "35072: exit code 137, 128 + 9, SIGKILL, as a wait status");
  EXPECT_EQ(TitleOf("256"), "256: exit code 1, as a wait status");
  EXPECT_EQ(TitleOf("0"), "0: exit code");
  EXPECT_EQ(TitleOf("171"), "171: exit code, 128 + 43, SIGRTMIN+9");
  EXPECT_EQ(Explain("3")[0].entries[0]->names[0], "exit code of its own");
  EXPECT_EQ(Explain("64")[0].entries[0]->names[0], "exit codes 64 to 78");
  EXPECT_EQ(Explain("255")[0].entries[0]->names[0], "exit code 255");
  // A small number is a signal as well.
  ASSERT_EQ(Explain("9").size(), 2U);
  EXPECT_EQ(Explain("9")[1].title, "9: SIGKILL, signal 9, exit code 137");
  // Neither an exit code nor a status.
  for (const char* code :
       {"-1", "65536", "0x", "0xzz", "137x", "999999999999", "0x137f", "0x109"}) {
    EXPECT_TRUE(Explain(code).empty()) << code;
  }
}

TEST(Explain, Words) {
  EXPECT_EQ(TitleOf("SIGSYS"), "SIGSYS: signal 31, exit code 159");
  EXPECT_EQ(TitleOf("sigkill"), "sigkill: signal 9, exit code 137");
  EXPECT_EQ(TitleOf("term"), "term: SIGTERM, signal 15, exit code 143");
  EXPECT_EQ(TitleOf("SIGRTMIN+3"), "SIGRTMIN+3: real-time signal 37, exit code 165");
  EXPECT_EQ(TitleOf("oomkilled"), "OOMKilled");
  EXPECT_EQ(TitleOf("Completed"), "exit code 0");
  for (const char* word :
       {"OOMKilled", "Error", "Completed", "ContainerCannotRun", "CrashLoopBackOff", "StartError",
        "DeadlineExceeded", "Evicted", "NodeLost", "CreateContainerConfigError", "ImagePullBackOff",
        "RunContainerError"}) {
    EXPECT_EQ(Explain(word).size(), 1U) << word;
  }
}

TEST(Explain, NamesWhatIsNear) {
  EXPECT_TRUE(Explain("OMKilled").empty());
  EXPECT_EQ(NearCodes("OMKilled").front(), "OOMKilled");
  EXPECT_EQ(NearCodes("SIGKIL").front(), "SIGKILL");
  EXPECT_EQ(NearCodes("CrashLoop").front(), "CrashLoopBackOff");
  EXPECT_TRUE(NearCodes("zzzzzzzz").empty());
  EXPECT_TRUE(NearCodes(std::string(100'000, 'a')).empty());
}

TEST(Explain, TextFitsAndJsonParses) {
  for (const Explanation& entry : Explanations()) {
    const Reading reading{.title = entry.names[0], .entries = {&entry}};
    const std::string text = ReadingText(reading, 80, false);
    size_t start = 0;
    while (start < text.size()) {
      const size_t end = text.find('\n', start);
      EXPECT_LE(Width(text.substr(start, end - start)), 80U);
      start = end + 1;
    }
  }
  const auto json = nlohmann::json::parse(ReadingsJson("137", Explain("137")));
  EXPECT_EQ(json["schema"], "podtap.explanation/v1");
  EXPECT_EQ(json["readings"][0]["entries"][1]["name"], "SIGKILL");
}

}  // namespace
}  // namespace podtap::report
