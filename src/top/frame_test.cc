#include "top/frame.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <random>

#include "base/escape.h"

namespace podtap::top {
namespace {

constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kNow = 1'785'438'000LL * kSecond;  // 2026-07-30 19:00:00 UTC

using Lines = std::vector<std::string>;

Row RowOf(const std::string& name, int64_t died_minutes_ago = 0) {
  Row row{.key = name,
          .target = name,
          .state = "running",
          .started_unix_ns = kNow - 300 * kSecond,
          .restarts = 2,
          .memory = 20u << 20,
          .memory_limit = 64u << 20};
  if (died_minutes_ago > 0) {
    row.death = {.id = 1,
                 .unix_ns = kNow - died_minutes_ago * 60 * kSecond,
                 .cause = "killed.host",
                 .confidence = "likely",
                 .headline = "pkill(4711) killed nginx(4242) with SIGKILL.",
                 .culprit = "pkill(4711)"};
  }
  return row;
}

Snapshot SampleOf(size_t count) {
  Snapshot snapshot{.node = "node-1", .now_unix_ns = kNow, .running = static_cast<int64_t>(count)};
  snapshot.containers = snapshot.running;
  snapshot.deaths_last_hour = 0;
  snapshot.recorder = {.state = Recorder::State::kRuns, .since_unix_ns = kNow - 3600 * kSecond};
  for (size_t i = 0; i < count; i++) {
    snapshot.rows.push_back(
        RowOf("shop/web-" + std::to_string(100 + i) + "/nginx", i == 1 ? 3 : 0));
  }
  if (count > 1) {
    snapshot.latest = {*snapshot.rows[1].death};
    snapshot.deaths_last_hour = 1;
  }
  return snapshot;
}

Key Text(const std::string& text) { return {.kind = Key::Kind::kText, .text = text}; }
Key Of(Key::Kind kind) { return {.kind = kind, .text = ""}; }

class TopTest : public testing::Test {
 protected:
  void SetUp() override {
    ::setenv("TZ", "UTC", 1);
    ::tzset();
  }
  void Press(const Snapshot& snapshot, const Key& key) {
    wish_ = top::Press(view_, key, snapshot, size_);
  }
  std::string Text80(const Snapshot& snapshot) {
    std::string text;
    for (const std::string& line : Frame(snapshot, view_, size_, false)) text += line + "\n";
    return text;
  }

  View view_;
  Size size_{.columns = 80, .lines = 10};
  Wish wish_ = Wish::kNothing;
};

TEST_F(TopTest, ASmallScreen) {
  EXPECT_EQ(Text80(SampleOf(3)),
            "podtap top  node-1  19:00:00  3 of 3 running, 1 death in the last hour\n"
            "Recording since 18:00.\n"
            " CONTAINER           STATE       AGE  RST     MEMORY LAST DEATH\n"
            ">shop/web-101/nginx  running      5m    2    20M/64M 3m killed.host? by pkill(4…\n"
            " shop/web-100/nginx  running      5m    2    20M/64M -\n"
            " shop/web-102/nginx  running      5m    2    20M/64M -\n"
            "LATEST DEATHS\n"
            "18:57:00 pkill(4711) killed nginx(4242) with SIGKILL.\n"
            "\n"
            "q quit  s order  Enter story  / filter  p pause  h help\n");
}

TEST_F(TopTest, SaysWhenNobodyRecords) {
  Snapshot snapshot = SampleOf(0);
  snapshot.recorder = {};
  EXPECT_NE(Text80(snapshot).find("No recorder has run here: start podtap record"),
            std::string::npos);
  snapshot.recorder = {.state = Recorder::State::kKilled, .since_unix_ns = kNow - 60 * kSecond};
  snapshot.lost_last_hour = 7;
  snapshot.problems = {"no answer"};
  EXPECT_NE(Text80(snapshot).find("The recorder was killed at about 18:59: start podtap record. 7 "
                                  "events lost.\nno answer\n"),
            std::string::npos)
      << Text80(snapshot);
}

TEST_F(TopTest, NoLineIsWiderThanTheScreenNorLeavesIt) {
  std::mt19937 random(11);
  for (int round = 0; round < 300; round++) {
    Snapshot snapshot = SampleOf(random() % 60);
    for (Row& row : snapshot.rows) {
      for (auto n = random() % 40; n > 0; n--) row.target += static_cast<char>(random());
    }
    snapshot.node = "\x1b[2J\n\xff";
    View view{.order = static_cast<Order>(random() % 4)};
    view.help = random() % 5 == 0;
    const Size size{.columns = static_cast<int>(random() % 140),
                    .lines = static_cast<int>(random() % 50)};
    const Lines lines = Frame(snapshot, view, size, false);
    EXPECT_LE(std::ssize(lines), std::max(size.lines, 0));
    for (const std::string& line : lines) {
      EXPECT_EQ(Escape(line), line);
      EXPECT_LE(Width(line), static_cast<size_t>(std::max(size.columns, 1))) << line;
    }
  }
}

TEST_F(TopTest, TheSelectedRowIsAlwaysInSight) {
  const Snapshot snapshot = SampleOf(500);
  (void)Text80(snapshot);
  const std::string first = view_.selected;
  for (int i = 0; i < 100; i++) Press(snapshot, Text("j"));
  EXPECT_NE(Text80(snapshot).find(">" + view_.selected), std::string::npos);
  Press(snapshot, Of(Key::Kind::kEnd));
  EXPECT_NE(Text80(snapshot).find(">" + view_.selected), std::string::npos);
  EXPECT_EQ(view_.selected, "shop/web-599/nginx");
  Press(snapshot, Text("g"));
  (void)Text80(snapshot);
  EXPECT_EQ(view_.selected, first);
}

TEST_F(TopTest, TheSelectionStaysWithItsContainer) {
  Snapshot snapshot = SampleOf(20);
  (void)Text80(snapshot);
  Press(snapshot, Text("j"));
  const std::string chosen = view_.selected;
  snapshot.rows[15].death = snapshot.rows[1].death;
  snapshot.rows[15].death->unix_ns = kNow;
  EXPECT_NE(Text80(snapshot).find(">" + chosen), std::string::npos);
  std::erase_if(snapshot.rows, [&](const Row& row) { return row.key == chosen; });
  (void)Text80(snapshot);
  EXPECT_EQ(view_.selected, snapshot.rows[14].key) << "the first, once it is gone";
}

TEST_F(TopTest, FiltersAsItIsTyped) {
  const Snapshot snapshot = SampleOf(20);
  Press(snapshot, Text("/"));
  for (const char* letter : {"1", "1", "9", "q"}) Press(snapshot, Text(letter));
  EXPECT_EQ(wish_, Wish::kNothing) << "q is a letter here";
  Press(snapshot, Of(Key::Kind::kBackspace));
  EXPECT_NE(Text80(snapshot).find("/119_"), std::string::npos);
  Press(snapshot, Of(Key::Kind::kEnter));
  EXPECT_EQ(Arrange(snapshot, view_).size(), 1U);
  EXPECT_NE(Text80(snapshot).find("only /119 (Esc: all)"), std::string::npos);
  Press(snapshot, Of(Key::Kind::kEscape));
  EXPECT_EQ(Arrange(snapshot, view_).size(), 20U);
}

TEST_F(TopTest, OrdersByWhatWasChosen) {
  Snapshot snapshot = SampleOf(3);
  snapshot.rows[2].restarts = 9;
  snapshot.rows[1].restarts.reset();
  EXPECT_EQ(Arrange(snapshot, view_)[0]->key, "shop/web-101/nginx");
  Press(snapshot, Text("s"));
  EXPECT_EQ(view_.order, Order::kRestarts);
  EXPECT_EQ(Arrange(snapshot, view_)[0]->key, "shop/web-102/nginx");
  EXPECT_EQ(Arrange(snapshot, view_)[2]->key, "shop/web-101/nginx") << "not known is not 0";
}

TEST_F(TopTest, AStoryIsScrolledAndLeft) {
  const Snapshot snapshot = SampleOf(2);
  (void)Text80(snapshot);
  Press(snapshot, Of(Key::Kind::kEnter));
  EXPECT_EQ(wish_, Wish::kStory);
  view_.story = Story{};
  for (int i = 0; i < 30; i++) view_.story->lines.push_back("line " + std::to_string(i));
  EXPECT_TRUE(Text80(snapshot).starts_with("line 0\n"));
  for (int i = 0; i < 100; i++) Press(snapshot, Of(Key::Kind::kDown));
  EXPECT_TRUE(Text80(snapshot).starts_with("line 21\n")) << Text80(snapshot);
  Press(snapshot, Text("q"));
  EXPECT_EQ(wish_, Wish::kNothing);
  EXPECT_FALSE(view_.story);
  Press(snapshot, Text("q"));
  EXPECT_EQ(wish_, Wish::kQuit);
}

TEST_F(TopTest, AStoryInALargerTerminalFillsIt) {
  const Snapshot snapshot = SampleOf(2);
  view_.story = Story{};
  for (int i = 0; i < 30; i++) view_.story->lines.push_back("line " + std::to_string(i));
  view_.story->first = 21;
  size_.lines = 26;
  EXPECT_TRUE(Text80(snapshot).starts_with("line 5\n"));
}

TEST(Fit, CutsAtCharacters) {
  EXPECT_EQ(Fit("ääää", 4), "ääää");
  EXPECT_EQ(Fit("ääääb", 4), "äää…");
  EXPECT_EQ(Fit("ab", 4, true), "ab  ");
  EXPECT_EQ(Fit("ab", 0), "");
}

TEST(Fit, KeepsBothEnds) {
  EXPECT_EQ(FitMiddle("shop/web-0/nginx", 16), "shop/web-0/nginx");
  EXPECT_EQ(FitMiddle("shop/web-0/nginx", 11), "shop/…nginx");
  EXPECT_EQ(FitMiddle("ääääöööö", 5), "ää…öö");
  EXPECT_EQ(FitMiddle("abcdef", 2), "a…");
}

}  // namespace
}  // namespace podtap::top
