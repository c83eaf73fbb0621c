#include "tapset/select.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tapset/tapset_testing.h"

namespace podtap::tapset {
namespace {

std::string TextOf(const std::vector<Selected>& selected, std::string_view name) {
  for (const Selected& script : selected) {
    if (script.name == name) return script.text;
  }
  return "no such file";
}

size_t Bytes(const std::vector<Selected>& selected) {
  size_t bytes = 0;
  for (const Selected& script : selected) {
    bytes += static_cast<size_t>(
        std::count_if(script.text.begin(), script.text.end(), [](char c) { return c != '\n'; }));
  }
  return bytes;
}

TEST(Select, KeepsWhatAWordLeadsToAndWhatThatNeeds) {
  const auto selected = Select("probe signal.send { println(task_execname(task)) }");
  const std::string signal = TextOf(selected, "tapset/signal.stp");
  EXPECT_NE(signal.find("probe signal.send"), std::string::npos);
  EXPECT_NE(signal.find("function signal_str"), std::string::npos);  // the alias calls it
  EXPECT_NE(TextOf(selected, "tapset/task.stp").find("function task_execname"), std::string::npos);
  EXPECT_EQ(TextOf(selected, "tapset/queue_stats.stp"), "");
}

TEST(Select, KeepsLineNumbers) {
  const auto selected = Select("probe begin { println(sa_flags_str(1)) }");
  const std::string text = TextOf(selected, "tapset/signal.stp");
  for (const Script& script : Scripts()) {
    if (script.name != "tapset/signal.stp") continue;
    const size_t at = script.text.find("function sa_flags_str"),
                 here = text.find("function sa_flags_str");
    ASSERT_NE(here, std::string::npos);
    EXPECT_EQ(std::count(script.text.begin(), script.text.begin() + static_cast<long>(at), '\n'),
              std::count(text.begin(), text.begin() + static_cast<long>(here), '\n'));
  }
}

TEST(Select, AWildcardKeepsEverything) {
  size_t all = 0;
  for (const Script& script : Scripts()) {
    all += static_cast<size_t>(
        std::count_if(script.text.begin(), script.text.end(), [](char c) { return c != '\n'; }));
  }
  EXPECT_EQ(Bytes(Select("probe signal.* { }")), all);
  EXPECT_EQ(Bytes(Select("probe sig*.send { }")), all);
  EXPECT_LT(Bytes(Select("probe begin { println(2 * 3) }")), all / 10);
}

// What is kept for one name alone is a script without mistakes: nothing is cut in two.
TEST(Select, WhatIsKeptParses) {
  const Parsed all;
  std::vector<std::string> users;
  for (const std::string& call : Calls(all)) users.push_back("probe begin { " + call + " }");
  for (const Alias& alias : Aliases(all)) users.push_back(UseOf(alias));
  for (const char* release : {"5.10.0-32-cloud-amd64", "6.18.44"}) {
    for (const std::string& user : users) {
      const Parsed selected(Select(user), release);
      EXPECT_EQ(selected.Said(), "") << user;
    }
  }
}

TEST(Select, AFilesOwnGlobalsComeWithTheirFunctions) {
  const auto selected = Select("probe begin { println(tokenize(\"a b\", \" \")) }");
  EXPECT_NE(TextOf(selected, "tapset/string.stp").find("private global __tokens"),
            std::string::npos);
}

}  // namespace
}  // namespace podtap::tapset
