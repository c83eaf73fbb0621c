#include "testimony/journal.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace podtap::testimony {
namespace {

TEST(Journal, ReadsALine) {
  const auto entry = ParseJournalLine(
      R"({"__REALTIME_TIMESTAMP":"1795649857065910","_SYSTEMD_UNIT":"kubelet.service",)"
      R"("SYSLOG_IDENTIFIER":"kubelet","_PID":"17932","_TRANSPORT":"stdout","MESSAGE":"hello"})");
  ASSERT_TRUE(entry.has_value());
  EXPECT_EQ(entry->unix_ns, 1'795'649'857'065'910'000);
  EXPECT_EQ(entry->unit, "kubelet.service");
  EXPECT_EQ(entry->identifier, "kubelet");
  EXPECT_EQ(entry->pid, 17932);
  EXPECT_EQ(entry->message, "hello");
  EXPECT_FALSE(entry->kernel || entry->audit || entry->coredump);
}

std::string Line(const std::string& fields) {
  return R"({"__REALTIME_TIMESTAMP":"1")" + fields + "}";
}

TEST(Journal, MessagesOfAllForms) {
  EXPECT_EQ(ParseJournalLine(Line(R"(,"MESSAGE":[104,105,27])"))->message, "hi\x1b");
  EXPECT_EQ(ParseJournalLine(Line(R"(,"MESSAGE":["one","two"])"))->message, "one");
  for (const char* message : {"null", "3", "{}", "[]", "[300]", "[[1]]", "\"\""}) {
    EXPECT_FALSE(ParseJournalLine(Line(std::string(R"(,"MESSAGE":)") + message)).has_value())
        << message;
  }
}

TEST(Journal, OnlyTheKernelsOwnWords) {
  const std::string kernel = R"(,"_TRANSPORT":"kernel","MESSAGE":"x")";
  EXPECT_TRUE(ParseJournalLine(Line(kernel + R"(,"SYSLOG_FACILITY":"0")"))->kernel);
  EXPECT_FALSE(ParseJournalLine(Line(kernel + R"(,"SYSLOG_FACILITY":"1")")).has_value());
  EXPECT_FALSE(ParseJournalLine(Line(kernel)).has_value());
}

// Docker's journald log driver: what the container itself has written.
TEST(Journal, NotWhatAContainerWrote) {
  EXPECT_FALSE(ParseJournalLine(Line(R"(,"_SYSTEMD_UNIT":"docker.service",)"
                                     R"("CONTAINER_ID":"4f1c","MESSAGE":"Killed process 1")"))
                   .has_value());
}

TEST(Journal, Coredumps) {
  const std::string fields =
      R"(,"MESSAGE":"Process 7942 (server) of user 0 dumped core.","COREDUMP_PID":"7942",)"
      R"("COREDUMP_SIGNAL":"11","COREDUMP_COMM":"server","COREDUMP_EXE":"/server",)"
      R"("COREDUMP_CGROUP":"/docker/4f1c","COREDUMP_FILENAME":"/var/lib/systemd/coredump/x")";
  const auto entry =
      ParseJournalLine(Line(fields + R"(,"_SYSTEMD_UNIT":"systemd-coredump@1-2-0.service")"));
  ASSERT_TRUE(entry && entry->coredump);
  EXPECT_EQ(entry->coredump->pid, 7942);
  EXPECT_EQ(entry->coredump->signal, 11);
  EXPECT_EQ(entry->coredump->cgroup, "/docker/4f1c");
  // Anybody can send such fields.
  EXPECT_FALSE(ParseJournalLine(Line(fields + R"(,"_SYSTEMD_UNIT":"evil.service")"))->coredump);
}

TEST(Journal, BrokenLines) {
  for (const char* line : {"", "{", "[]", "{}", R"({"__REALTIME_TIMESTAMP":"x","MESSAGE":"a"})",
                           R"({"__REALTIME_TIMESTAMP":"-1","MESSAGE":"a"})",
                           R"({"__REALTIME_TIMESTAMP":"99999999999999999999","MESSAGE":"a"})"}) {
    EXPECT_FALSE(ParseJournalLine(line).has_value()) << line;
  }
}

TEST(Journal, WhatJournalctlIsTold) {
  const auto words = JournalArguments({.from_unix_ns = 1'500'000'000,
                                       .to_unix_ns = 9'999'999'999,
                                       .units = {"a.service", "b.service"},
                                       .kernel = true,
                                       .coredumps = true},
                                      "/host/var/log/journal");
  const auto has = [&](const char* word) { return std::ranges::find(words, word) != words.end(); };
  EXPECT_TRUE(has("--since=@1"));
  EXPECT_TRUE(has("--until=@10"));
  EXPECT_TRUE(has("--directory=/host/var/log/journal"));
  EXPECT_TRUE(has("_SYSTEMD_UNIT=b.service"));
  EXPECT_TRUE(has("_TRANSPORT=audit"));
  EXPECT_EQ(std::ranges::count(words, std::string("+")), 2);
}

TEST(Journal, IsFoundWhereItHasEntries) {
  std::string folder = std::filesystem::temp_directory_path() / "podtap-journal-XXXXXX";
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  const HostRoot root(folder);
  EXPECT_FALSE(FindJournal(root).has_value());
  std::filesystem::create_directories(folder + "/var/log/journal");
  EXPECT_FALSE(FindJournal(root).has_value());
  std::filesystem::create_directories(folder + "/run/log/journal/0123456789abcdef");
  EXPECT_EQ(FindJournal(root), folder + "/run/log/journal");
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace podtap::testimony
