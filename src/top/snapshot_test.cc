#include "top/snapshot.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace podtap::top {
namespace {

constexpr int64_t kMinute = 60LL * 1'000'000'000;
constexpr int64_t kNow = 1'785'438'000LL * 1'000'000'000;

Present PodContainer(const std::string& pod, const std::string& id, container::State state) {
  container::Container one;
  one.runtime = container::RuntimeKind::kContainerd;
  one.id = {id};
  one.name = "nginx";
  one.pod = {.name = pod, .ns = "shop", .uid = ""};
  one.state = state;
  one.started_unix_ns = kNow - 5 * kMinute;
  one.restarts = 3;
  return {.container = one, .memory = 20u << 20};
}

store::DeathRow DeathOf(int64_t id, int64_t minutes_ago, const std::string& pod) {
  return {.id = id,
          .unix_ns = kNow - minutes_ago * kMinute,
          .container_id = "cccc",
          .runtime = "containerd",
          .ns = "shop",
          .pod = pod,
          .name = "nginx",
          .cause = "oom.container",
          .confidence = "proven",
          .headline = "It ran out of memory.",
          .culprit = "kernel"};
}

TEST(Snapshot, JoinsAContainerWithItsLatestDeathOverRestarts) {
  Parts parts{.now_unix_ns = kNow};
  parts.recorder.state = Recorder::State::kRuns;
  parts.present = {PodContainer("web-0", "aaaa", container::State::kRunning),
                   PodContainer("web-1", "bbbb", container::State::kExited)};
  parts.deaths = {DeathOf(7, 2, "web-0"), DeathOf(6, 3, "web-0")};
  const Snapshot snapshot = MakeSnapshot(parts);
  ASSERT_EQ(snapshot.rows.size(), 2U);
  EXPECT_EQ(snapshot.running, 1);
  EXPECT_EQ(snapshot.deaths_last_hour, 2);
  EXPECT_EQ(snapshot.rows[0].target, "shop/web-0/nginx");
  ASSERT_TRUE(snapshot.rows[0].death);
  EXPECT_EQ(snapshot.rows[0].death->id, 7);
  EXPECT_EQ(snapshot.rows[1].started_unix_ns, 0) << "it doesn't run";
  EXPECT_FALSE(snapshot.rows[1].death);
}

TEST(Snapshot, WhoeverDiedWithinTheHourAndIsGoneStaysInSight) {
  Parts parts{.now_unix_ns = kNow, .all_answered = true};
  parts.recorder.state = Recorder::State::kStopped;
  parts.deaths = {DeathOf(7, 59, "web-0"), DeathOf(6, 61, "web-1")};
  const Snapshot snapshot = MakeSnapshot(parts);
  ASSERT_EQ(snapshot.rows.size(), 1U);
  EXPECT_EQ(snapshot.rows[0].state, "gone");
  EXPECT_EQ(snapshot.deaths_last_hour, 1);
  EXPECT_EQ(snapshot.latest.size(), 2U);
}

TEST(Snapshot, CountsEventsLostInTheLastHour) {
  Parts parts{.now_unix_ns = kNow};
  parts.blind = {{.to_unix_ns = kNow - 1, .why = "lost", .count = 5},
                 {.to_unix_ns = kNow - 90 * kMinute, .why = "lost", .count = 50},
                 {.to_unix_ns = kNow - 1, .why = "not running"}};
  EXPECT_EQ(MakeSnapshot(parts).lost_last_hour, 5U);
}

TEST(Snapshot, AnEarlierDeathIsNotTheLastOneWhereTheRuntimeKnowsALater) {
  Parts parts{.now_unix_ns = kNow, .all_answered = true};
  parts.present = {PodContainer("web-0", "aaaa", container::State::kExited)};
  parts.present[0].end = {.unix_ns = kNow - kMinute, .exit_code = 137, .text = "137 SIGKILL"};
  parts.deaths = {DeathOf(7, 2, "web-0")};
  const Snapshot later = MakeSnapshot(parts);
  EXPECT_FALSE(later.rows[0].death) << "it accuses whoever caused the earlier one";
  ASSERT_TRUE(later.rows[0].unrecorded);
  EXPECT_EQ(later.rows[0].ended_unix_ns(), kNow - kMinute);
  const auto json = nlohmann::json::parse(SnapshotJson(later));
  EXPECT_EQ(json["containers"][0]["unrecorded_end"]["exit_code"], 137);
  EXPECT_FALSE(json["containers"][0].contains("last_death"));

  // The runtime tells of the same a little later than the kernel.
  parts.present[0].end->unix_ns = parts.deaths[0].unix_ns + 4'000'000'000;
  const Snapshot same = MakeSnapshot(parts);
  ASSERT_TRUE(same.rows[0].death);
  EXPECT_FALSE(same.rows[0].unrecorded);
}

TEST(Snapshot, NobodyIsGoneWhileARuntimeDoesNotAnswer) {
  Parts parts{.now_unix_ns = kNow, .all_answered = false};
  parts.deaths = {DeathOf(7, 2, "web-0")};
  const Snapshot snapshot = MakeSnapshot(parts);
  EXPECT_EQ(snapshot.rows.at(0).state, "unknown");
  EXPECT_FALSE(snapshot.running) << "unknown is not 0";
}

TEST(Snapshot, AContainerWithoutAnAnswerKeepsItsNameAndItsPlace) {
  Parts parts{.now_unix_ns = kNow};
  Present bare = PodContainer("", "cccc", container::State::kRunning);
  bare.container.name.clear();
  bare.container.pod = {};
  parts.present = {bare};
  parts.deaths = {DeathOf(7, 2, "web-0")};
  const Snapshot snapshot = MakeSnapshot(parts);
  ASSERT_EQ(snapshot.rows.size(), 1U);
  EXPECT_EQ(snapshot.rows[0].key, "shop/web-0/nginx");
  EXPECT_EQ(snapshot.rows[0].target, "shop/web-0/nginx");
  EXPECT_EQ(snapshot.running, 1);
  EXPECT_FALSE(snapshot.containers) << "cgroups don't tell of those that have ended";
}

TEST(Snapshot, DeathsAreNotCountedWhereNobodyCould) {
  Parts parts{.now_unix_ns = kNow, .all_answered = true};
  EXPECT_FALSE(MakeSnapshot(parts).deaths_last_hour);
  parts.recorder.state = Recorder::State::kRuns;
  EXPECT_EQ(MakeSnapshot(parts).deaths_last_hour, 0);
  parts.deaths = {DeathOf(7, 2, "web-0"), DeathOf(6, 3, "web-0")};
  parts.more_deaths = true;
  EXPECT_TRUE(MakeSnapshot(parts).more_deaths);
  parts.deaths.push_back(DeathOf(5, 61, "web-0"));
  EXPECT_FALSE(MakeSnapshot(parts).more_deaths) << "the whole hour was read";
}

TEST(Snapshot, AddsUpTheTimeThatNobodyRecorded) {
  Parts parts{.now_unix_ns = kNow};
  parts.recorder = {.state = Recorder::State::kKilled, .since_unix_ns = kNow - 4 * kMinute};
  parts.blind = {
      {.from_unix_ns = kNow - 65 * kMinute, .to_unix_ns = kNow - 58 * kMinute, .why = "killed"},
      {.to_unix_ns = kNow - 1, .why = "not kept", .count = 3}};
  const Snapshot snapshot = MakeSnapshot(parts);
  EXPECT_EQ(snapshot.blind_last_hour_ns, 6 * kMinute);
  EXPECT_EQ(snapshot.unkept_last_hour, 3U);
}

TEST(SnapshotJson, LeavesOutWhatIsNotKnown) {
  Parts parts{.node = "\xff\x1b", .now_unix_ns = kNow};
  parts.present = {PodContainer("web-0", "aaaa", container::State::kRunning)};
  parts.present[0].memory.reset();
  const auto json = nlohmann::json::parse(SnapshotJson(MakeSnapshot(parts)), nullptr, false);
  ASSERT_TRUE(json.is_object());
  EXPECT_EQ(json["schema"], "podtap.top/v1");
  const auto& one = json["containers"][0];
  EXPECT_EQ(one["restarts"], 3);
  EXPECT_FALSE(one.contains("memory_bytes"));
  EXPECT_FALSE(one.contains("last_death"));
  EXPECT_FALSE(json["recorder"].contains("since"));
}

}  // namespace
}  // namespace podtap::top
