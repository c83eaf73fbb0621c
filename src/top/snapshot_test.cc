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
  Parts parts{.now_unix_ns = kNow};
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
