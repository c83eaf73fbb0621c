#include "testimony/kubelet_log.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

namespace podtap::testimony {
namespace {

constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kThen = 1'795'649'857 * kSecond;  // 2026-11-25 23:37:37 UTC

const std::string kId = "4f1c0de2a9b8" + std::string(52, '0');

std::string Killing(const std::string& time, int pid = 17932) {
  return "I1125 " + time + "   " + std::to_string(pid) +
         " kuberuntime_container.go:636] Killing container \"containerd://" + kId +
         "\" with a 2 second grace period\n";
}

TEST(KubeletLog, LinesOfAFile) {
  const KubeletLog log = ReadKubeletLines(
      Killing("23:37:37.000000") + "no klog\n" + Killing("23:37:38.500000"), kThen + kSecond, 0);
  EXPECT_EQ(log.records, 2U);
  ASSERT_EQ(log.words.size(), 2U);
  EXPECT_EQ(log.words[0].unix_ns, kThen);
  EXPECT_EQ(log.words[1].unix_ns, kThen + 3 * kSecond / 2);
  EXPECT_EQ(log.begins_unix_ns, kThen);
}

TEST(KubeletLog, LinesAsJournalctlPrintsThem) {
  const KubeletLog log = ReadKubeletLines(
      "Nov 25 23:37:37 node-1 kubelet[17932]: " + Killing("23:37:37.000000") +
          "Nov 25 23:37:37 node-1 kubelet[17932]: \tdeep]: " + Killing("23:37:37.000000") +
          "\tx]: " + Killing("23:37:37.000000"),
      kThen, 0);
  EXPECT_EQ(log.words.size(), 1U);
}

// What a container's probe prints stands as it is in the log of a kubelet before 1.23.
TEST(KubeletLog, ForgedLinesHaveAnothersNumber) {
  const std::string whole = Killing("23:37:37.000000") + Killing("23:37:37.000000", 4711) +
                            Killing("23:37:38.000000") + Killing("23:37:39.000000");
  EXPECT_EQ(ReadKubeletLines(whole, kThen, 0).words.size(), 3U);
}

TEST(KubeletLog, TheJournalKnowsWhoWrote) {
  std::vector<JournalEntry> entries;
  for (int i = 0; i < 5; i++) {
    entries.push_back({.unix_ns = kThen + i * kSecond,
                       .unit = "kubelet.service",
                       .pid = 17932,
                       .message = Killing("23:37:37.000000", i == 2 ? 17932 : 4711)});
  }
  entries.push_back({.unix_ns = kThen,
                     .unit = "evil.service",
                     .pid = 17932,
                     .message = Killing("23:37:37.000000")});
  const KubeletLog log = ReadKubeletEntries(entries);
  ASSERT_EQ(log.words.size(), 1U);
  // By the record's own time; the journal's is later.
  EXPECT_EQ(log.words[0].unix_ns, kThen);
}

TEST(KubeletLog, FindsTheTimeZone) {
  const WallTime last{11, 25, ((23 * 60 + 37) * 60 + 37) * kSecond};
  EXPECT_EQ(UtcOffset(last, kThen), 0);
  EXPECT_EQ(UtcOffset(last, kThen + 3 * kSecond), 0);
  EXPECT_EQ(UtcOffset(last, kThen - 7200 * kSecond), 7200);
  EXPECT_EQ(UtcOffset(last, kThen + int64_t{5} * 3600 * kSecond), -5 * 3600);
  EXPECT_EQ(UtcOffset(last, kThen - (5 * 3600 + 2700) * kSecond), 5 * 3600 + 2700);
  // The file was written long after its last line: a copy.
  EXPECT_EQ(UtcOffset(last, kThen + 400 * kSecond), std::nullopt);
  EXPECT_EQ(UtcOffset(last, kThen + 86'400 * kSecond), std::nullopt);
}

class KubeletFile : public testing::Test {
 protected:
  void SetUp() override { ASSERT_NE(::mkdtemp(folder_.data()), nullptr); }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string Write(const std::string& text, int64_t modified_unix_ns) {
    const std::string path = folder_ + "/kubelet.log";
    std::ofstream(path) << text;
    const timespec time{.tv_sec = modified_unix_ns / kSecond, .tv_nsec = 0};
    const timespec times[2] = {time, time};
    EXPECT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
    return path;
  }
  std::string folder_ = std::filesystem::temp_directory_path() / "podtap-kubelet-XXXXXX";
};

TEST_F(KubeletFile, OfAnotherTimeZone) {
  const std::string path = Write(Killing("23:37:37.000000"), kThen - 7200 * kSecond);
  const auto log = ReadKubeletFile(HostRoot(), path, kThen - 9000 * kSecond, kThen);
  ASSERT_TRUE(log.has_value()) << log.error().Message();
  ASSERT_EQ(log->words.size(), 1U);
  EXPECT_EQ(log->words[0].unix_ns, kThen - 7200 * kSecond);
}

TEST_F(KubeletFile, OnlyItsEndIsRead) {
  std::string text;
  for (int i = 0; i < 40'000; i++) {
    text += "I1125 22:00:00.000000   17932 kubelet.go:1] nothing at all, again and again\n";
  }
  const std::string path = Write(text + Killing("23:37:37.000000"), kThen);
  const auto recent = ReadKubeletFile(HostRoot(), path, kThen - 60 * kSecond, kThen);
  ASSERT_TRUE(recent.has_value());
  EXPECT_EQ(recent->words.size(), 1U);
  EXPECT_LT(recent->records, 10'000U);
  const auto all = ReadKubeletFile(HostRoot(), path, kThen - 86'400 * kSecond, kThen);
  ASSERT_TRUE(all.has_value());
  EXPECT_EQ(all->records, 40'001U);
}

TEST_F(KubeletFile, Trouble) {
  EXPECT_EQ(ReadKubeletFile(HostRoot(), folder_ + "/none", 0, kThen).error().error_number, ENOENT);
  EXPECT_FALSE(ReadKubeletFile(HostRoot(), folder_, 0, kThen).has_value());
  const auto empty = ReadKubeletFile(HostRoot(), Write("", kThen), 0, kThen);
  ASSERT_TRUE(empty.has_value());
  EXPECT_EQ(empty->records, 0U);
  const auto noise = ReadKubeletFile(HostRoot(), Write(std::string(300'000, 'x'), kThen), 0, kThen);
  ASSERT_TRUE(noise.has_value());
  EXPECT_EQ(noise->records, 0U);
}

}  // namespace
}  // namespace podtap::testimony
