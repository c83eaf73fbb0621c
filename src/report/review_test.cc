#include "report/review.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "report/review_json.h"
#include "verdict/test_golden.h"

namespace podtap::report {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

Killer Somebody(std::string name, std::string place) {
  return {.kind = Killer::Kind::kSomebody,
          .name = std::move(name),
          .place = std::move(place),
          .user = ""};
}

Told Death(int64_t id, int64_t at, std::string pod, std::string cause, Killer killer) {
  return {.row = {.id = id,
                  .unix_ns = at * kSecond,
                  .container_id = "4f1c0de2a9b8aaaa",
                  .runtime = "containerd",
                  .ns = pod.empty() ? "" : "shop",
                  .pod = std::move(pod),
                  .name = "web",
                  .cause = std::move(cause),
                  .confidence = "proven",
                  .headline = "It died."},
          .killer = std::move(killer),
          .story = "story"};
}

Review Sample() {
  Review review;
  review.node = "node-1";
  review.from_unix_ns = 100 * kSecond;
  review.to_unix_ns = 200 * kSecond;
  const Killer script = Somebody("cleanup.sh", "unit cron.service");
  review.deaths = {Death(1, 110, "web-0", "killed.host", script),
                   Death(2, 120, "web-1", "killed.host", script),
                   Death(3, 130, "web-0", "oom.container", Somebody("the kernel", "")),
                   Death(4, 140, "", "exit", {.kind = Killer::Kind::kItself}),
                   Death(5, 150, "web-0", "unknown", {.kind = Killer::Kind::kNotKnown})};
  review.blind = {
      {.from_unix_ns = 50 * kSecond, .to_unix_ns = 105 * kSecond, .why = "not running"},
      {.from_unix_ns = 160 * kSecond, .to_unix_ns = 161 * kSecond, .why = "lost", .count = 7},
      {.from_unix_ns = 190 * kSecond, .to_unix_ns = 260 * kSecond, .why = "killed"}};
  return review;
}

TEST(Review, RanksKillersAndPutsTheUnknownLast) {
  const std::vector<KillerRank> ranks = RankKillers(Sample());
  ASSERT_EQ(ranks.size(), 4U);
  EXPECT_EQ(ranks[0].killer.name, "cleanup.sh");
  EXPECT_EQ(ranks[0].deaths, 2);
  EXPECT_EQ(ranks[0].last_unix_ns, 120 * kSecond);
  EXPECT_EQ(ranks[0].victims,
            (std::map<std::string, int64_t>{{"shop/web-0", 1}, {"shop/web-1", 1}}));
  EXPECT_EQ(ranks[1].killer.name, "the kernel");
  EXPECT_EQ(ranks[2].killer.kind, Killer::Kind::kItself);
  EXPECT_EQ(ranks[3].killer.kind, Killer::Kind::kNotKnown);
}

TEST(Review, GroupsByPod) {
  const std::vector<Track> tracks = TracksOf(Sample());
  ASSERT_EQ(tracks.size(), 3U);
  EXPECT_EQ(tracks[0].name, "shop/web-0");
  EXPECT_EQ(tracks[0].deaths, (std::vector<size_t>{0, 2, 4}));
  EXPECT_EQ(tracks[1].name, "web") << "died later than shop/web-1";
  EXPECT_EQ(TrackOf({.container_id = "4f1c0de2a9b8aaaa", .runtime = "docker"}),
            "docker://4f1c0de2a9b8");
  EXPECT_EQ(TrackOf({.container_id = "4f1c0de2a9b8aaaa", .runtime = "unknown"}), "4f1c0de2a9b8");
}

TEST(Review, CountsWhatNobodySawWithinItsTimeAlone) {
  const Blindness blind = BlindnessOf(Sample());
  EXPECT_EQ(blind.ns, 15 * kSecond);
  EXPECT_EQ(blind.lost, 7U);
  EXPECT_EQ(blind.unkept, 0U);
}

TEST(Review, CountsCausesAndClasses) {
  const Review review = Sample();
  EXPECT_EQ(MostFirst(CauseCounts(review)).front(),
            (std::pair<std::string, int64_t>{"killed.host", 2}));
  EXPECT_EQ(CountOf(review, verdict::CauseClass::kMemory), 1);
  EXPECT_EQ(CountOf(review, verdict::CauseClass::kStopped), 0);
}

// Whoever a verdict accuses is the one that the death is counted for, and nobody else.
TEST(Review, NamesTheKillerOfEveryGoldenCase) {
  for (const verdict::GoldenCase& golden : verdict::ReadGoldenCases()) {
    SCOPED_TRACE(golden.name);
    const verdict::Verdict verdict = verdict::Judge(golden.death);
    const Killer killer = KillerOf(golden.death, verdict);
    EXPECT_EQ(killer.name.empty(), killer.kind != Killer::Kind::kSomebody);
    if (verdict.cause == verdict::Cause::kUnknown && !verdict.culprit) {
      EXPECT_EQ(killer.kind, Killer::Kind::kNotKnown);
    }
    if (verdict.culprit && verdict.culprit->kind == verdict::Culprit::Kind::kProcess &&
        verdict.on_behalf_of.empty() && !verdict.culprit->process->comm.empty()) {
      EXPECT_EQ(killer.name, verdict.culprit->process->comm);
    }
  }
}

TEST(ReviewJson, IsOneObjectWhateverTheNames) {
  Review review = Sample();
  review.deaths[0].killer.name = "\x1b[2J\xff</script>";
  const auto json = nlohmann::json::parse(ReviewJson(review), nullptr, false);
  ASSERT_TRUE(json.is_object());
  EXPECT_EQ(json["schema"], "podtap.report/v1");
  EXPECT_EQ(json["unwatched_seconds"], 15.0);
  EXPECT_EQ(json["events_lost"], 7);
  EXPECT_EQ(json["killers"].size(), 5U);
  EXPECT_EQ(json["deaths"][4]["killer"], (nlohmann::json{{"kind", "unknown"}}));
}

}  // namespace
}  // namespace podtap::report
