#include "store/database.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace podtap::store {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr int64_t kSecond = 1'000'000'000;

class DatabaseTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "/podtap-store-XXXXXX";
    folder_ = ::mkdtemp(name.data());
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  Recording Open() const {
    auto opened = Recording::Open(folder_);
    EXPECT_TRUE(opened) << opened.error().Message();
    return std::move(*opened);
  }
  static DeathRow Row(int64_t unix_s, const std::string& cause) {
    return {.unix_ns = unix_s * kSecond,
            .container_id = "abc" + std::to_string(unix_s),
            .runtime = "docker",
            .ns = "shop",
            .pod = "web-0",
            .name = "nginx",
            .cause = cause,
            .confidence = "proven",
            .headline = "It ended.",
            .culprit = "kill(7)",
            .exit_status = 9};
  }
  static Death Evidence(int64_t unix_s) {
    Death death;
    death.at = {unix_s * kSecond};
    death.exit_status = 9;
    return death;
  }
  static std::vector<int64_t> Seconds(const std::vector<DeathRow>& rows) {
    std::vector<int64_t> seconds;
    for (const DeathRow& row : rows) seconds.push_back(row.unix_ns / kSecond);
    return seconds;
  }

  std::string folder_;
};

TEST_F(DatabaseTest, ADeathComesBackAsItWas) {
  int64_t id = 0;
  {
    Recording recording = Open();
    const auto added = recording.AddDeath(Row(5, "killed.host"), Evidence(5));
    ASSERT_TRUE(added) << added.error().Message();
    id = *added;
  }
  auto archive = Archive::Open(folder_);
  ASSERT_TRUE(archive) << archive.error().Message();
  EXPECT_EQ(archive->ReadDeath(id).value(), Evidence(5));
  const auto rows = archive->Deaths({});
  ASSERT_EQ(rows->size(), 1U);
  EXPECT_EQ(rows->front().cause, "killed.host");
  EXPECT_EQ(rows->front().exit_status, 9);
  EXPECT_THAT(archive->ReadDeath(id + 1).error().Message(), HasSubstr("there is none"));
}

TEST_F(DatabaseTest, Queries) {
  Recording recording = Open();
  const std::vector<std::string> causes = {"oom.child", "oom.container", "exit", "oomph"};
  for (size_t i = 0; i < causes.size(); i++) {
    const auto second = static_cast<int64_t>(i) + 1;
    ASSERT_TRUE(recording.AddDeath(Row(second, causes[i]), Evidence(second)));
  }
  const auto ask = [&](const Query& query) { return Seconds(recording.Deaths(query).value()); };
  EXPECT_THAT(ask({}), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(ask({.cause = "oom"}), ElementsAre(1, 2));
  EXPECT_THAT(ask({.cause = "oom.child"}), ElementsAre(1));
  EXPECT_THAT(ask({.since_unix_ns = 2 * kSecond, .until_unix_ns = 4 * kSecond}), ElementsAre(2, 3));
  EXPECT_THAT(ask({.container_id = "abc3"}), ElementsAre(3));
  EXPECT_THAT(ask({.container_id = "%"}), ElementsAre());
  EXPECT_THAT(ask({.ns = "other"}), ElementsAre());
  EXPECT_THAT(ask({.newest_first = true, .limit = 2}), ElementsAre(4, 3));
  EXPECT_THAT(ask({.after_id = 3}), ElementsAre(4));
}

TEST_F(DatabaseTest, ADeathEndsTheLife) {
  Recording recording = Open();
  const LifeRow life{.container_id = "abc5",
                     .started_unix_ns = kSecond,
                     .ended_unix_ns = {},
                     .runtime = "docker",
                     .name = "nginx",
                     .image = "nginx:1",
                     .memory_limit = 7};
  ASSERT_TRUE(recording.PutLife(life));
  // A runtime that has forgotten takes nothing away.
  LifeRow poorer = life;
  poorer.image = "";
  poorer.memory_limit.reset();
  ASSERT_TRUE(recording.PutLife(poorer));
  ASSERT_EQ(recording.OpenLives()->size(), 1U);
  EXPECT_EQ(recording.OpenLives()->front().image, "nginx:1");
  EXPECT_EQ(recording.OpenLives()->front().memory_limit, 7U);
  ASSERT_TRUE(recording.AddDeath(Row(5, "exit"), Evidence(5)));
  EXPECT_TRUE(recording.OpenLives()->empty());
  EXPECT_EQ(recording.Lives({})->front().ended_unix_ns, 5 * kSecond);
}

TEST_F(DatabaseTest, OnlyOneRecords) {
  const Recording first = Open();
  const auto second = Recording::Open(folder_);
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().Message(),
              HasSubstr("process " + std::to_string(::getpid()) + " records into it already"));
}

TEST_F(DatabaseTest, ReadersSeeWhatIsCommittedAndHoldNobodyUp) {
  Recording recording = Open();
  ASSERT_TRUE(recording.AddDeath(Row(1, "exit"), Evidence(1)));
  auto archive = Archive::Open(folder_);
  ASSERT_TRUE(archive);
  auto transaction = recording.Begin();
  ASSERT_TRUE(transaction);
  ASSERT_TRUE(recording.AddDeath(Row(2, "exit"), Evidence(2)));
  EXPECT_EQ(archive->Deaths({})->size(), 1U);
  ASSERT_TRUE(transaction->Commit());
  EXPECT_EQ(archive->Deaths({})->size(), 2U);
}

TEST_F(DatabaseTest, WhatIsNotCommittedIsUndone) {
  Recording recording = Open();
  {
    auto transaction = recording.Begin();
    ASSERT_TRUE(transaction);
    ASSERT_TRUE(recording.AddDeath(Row(2, "exit"), Evidence(2)));
  }
  EXPECT_TRUE(recording.Deaths({})->empty());
}

TEST_F(DatabaseTest, OldAndMuchGoes) {
  Recording recording = Open();
  for (int64_t second = 1; second <= 400; second++) {
    ASSERT_TRUE(recording.AddDeath(Row(second, "exit"), Evidence(second)));
  }
  const Retention by_age{.most_age_ns = 100 * kSecond, .most_bytes = 1 << 30};
  while (recording.Prune(by_age, 400 * kSecond).value()) {
  }
  EXPECT_EQ(recording.Count()->deaths, 101);
  const Retention by_size{.most_age_ns = INT64_MAX / 2, .most_bytes = 1};
  while (recording.Prune(by_size, 400 * kSecond).value()) {
  }
  EXPECT_EQ(recording.Count()->deaths, 0);
  // And the file gives its room back.
  while (recording.Bytes().value() > 100'000) {
    ASSERT_TRUE(recording.Prune(by_size, 400 * kSecond));
  }
}

TEST_F(DatabaseTest, ADamagedFileIsSetAside) {
  { Open(); }
  std::ofstream(folder_ + "/podtap.db", std::ios::trunc) << std::string(9000, 'x');
  EXPECT_FALSE(Archive::Open(folder_));
  const Recording fresh = Open();
  EXPECT_THAT(fresh.note(), HasSubstr("is damaged"));
  EXPECT_TRUE(Archive::Open(folder_));
}

TEST_F(DatabaseTest, BlindWindowsAndSessions) {
  Recording recording = Open();
  EXPECT_FALSE(recording.LastSession().value());
  ASSERT_TRUE(recording.BeginSession({.pid = 7, .boot_id = "b", .started_unix_ns = 1}, "0.1"));
  ASSERT_TRUE(recording.SetAlive(9, 8));
  EXPECT_EQ(recording.LastSession().value()->alive_boot_ns, 8);
  EXPECT_FALSE(recording.LastSession().value()->ended_unix_ns);
  ASSERT_TRUE(recording.EndSession(10));
  EXPECT_EQ(recording.LastSession().value()->ended_unix_ns, 10);
  // A clock that went back makes no window that ends before it begins.
  ASSERT_TRUE(recording.AddBlind({.from_unix_ns = 9, .to_unix_ns = 3, .why = "lost", .count = 2}));
  const auto blind = recording.BlindWindows({.since_unix_ns = 9});
  ASSERT_EQ(blind->size(), 1U);
  EXPECT_EQ(blind->front().to_unix_ns, 9);
}

}  // namespace
}  // namespace podtap::store
