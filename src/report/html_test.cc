#include "report/html.h"

#include <gtest/gtest.h>

#include <regex>

#include "report/html_text.h"
#include "report/html_timeline.h"

namespace podtap::report {
namespace {

constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kStart = 1'785'438'000 * kSecond;

Review SampleOf(int deaths) {
  Review review;
  review.node = "node-1";
  review.version = "0.1.0";
  review.from_unix_ns = kStart;
  review.to_unix_ns = kStart + 7200 * kSecond;
  review.made_unix_ns = review.to_unix_ns;
  for (int i = 0; i < deaths; i++) {
    review.deaths.push_back(
        {.row = {.id = i + 1,
                 .unix_ns = kStart + (i + 1) * kSecond,
                 .container_id = "4f1c0de2a9b80000",
                 .runtime = "docker",
                 .ns = "shop",
                 .pod = "web-" + std::to_string(i % 60),
                 .name = "nginx",
                 .cause = i % 2 == 0 ? "killed.host" : "oom.container",
                 .confidence = "likely",
                 .headline = "pkill(4711) killed nginx(4242) with SIGKILL."},
         .killer = {.kind = Killer::Kind::kSomebody,
                    .name = "pkill",
                    .place = "the host",
                    .user = "root"},
         .story = "pkill(4711) killed nginx(4242) with SIGKILL.\n\nWhen  now\n"});
  }
  return review;
}

size_t Count(const std::string& text, const std::string& what) {
  size_t count = 0;
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) count++;
  return count;
}

// Each tag that is opened is closed, in order: what a parser needs no guesses for.
void ExpectWellFormed(const std::string& page) {
  static const std::regex kTag("<(/?)([a-z0-9]+)[^>]*?(/?)>");
  std::vector<std::string> open;
  for (std::sregex_iterator at(page.begin(), page.end(), kTag), end; at != end; ++at) {
    const std::string name = (*at)[2];
    if (name == "meta" || (*at)[3] == "/") continue;
    if ((*at)[1] == "/") {
      ASSERT_FALSE(open.empty()) << name;
      ASSERT_EQ(open.back(), name) << at->prefix().str().substr(0, 200);
      open.pop_back();
    } else {
      open.push_back(name);
    }
  }
  EXPECT_TRUE(open.empty());
}

TEST(Html, EscapesMarkupAndControlCharacters) {
  EXPECT_EQ(Html("<b>&\"'\x1b[2J\xff"), "&lt;b&gt;&amp;&quot;&#39;\\x1b[2J\\xff");
  EXPECT_EQ(HtmlLines("a<b\nc"), "a&lt;b\nc");
}

TEST(Html, HoldsEveryDeathOnce) {
  const std::string page = HtmlPage(SampleOf(7));
  ExpectWellFormed(page);
  for (int i = 1; i <= 7; i++) {
    EXPECT_EQ(Count(page, "id=\"death-" + std::to_string(i) + "\""), 1U);
    EXPECT_EQ(Count(page, "href=\"#death-" + std::to_string(i) + "\""), 1U);
  }
  EXPECT_NE(page.find("watched all of this time"), std::string::npos);
  EXPECT_NE(page.find("podtap why docker://4f1c0de2a9b8 --death "), std::string::npos);
}

TEST(Html, LoadsNothingAndRunsNothing) {
  const std::string page = HtmlPage(SampleOf(3));
  EXPECT_NE(page.find("default-src 'none'"), std::string::npos);
  for (const char* word :
       {"<script", "http://", "https://", "src=", "@import", "<link", "onclick"}) {
    EXPECT_EQ(page.find(word), std::string::npos) << word;
  }
}

TEST(Html, HostileNamesStayText) {
  Review review = SampleOf(1);
  const std::string evil = "\"><script>alert(1)</script><!--\x1b]0;x\x07\n\xff";
  store::DeathRow& row = review.deaths[0].row;
  row.ns = row.pod = row.name = row.headline = row.cause = row.runtime = row.container_id = evil;
  review.deaths[0].killer = {
      .kind = Killer::Kind::kSomebody, .name = evil, .place = evil, .user = evil};
  review.node = evil;
  review.blind = {{.from_unix_ns = kStart, .to_unix_ns = kStart + 1, .why = evil}};
  const std::string page = HtmlPage(review);
  EXPECT_EQ(page.find("<script"), std::string::npos);
  EXPECT_EQ(page.find("<!--"), std::string::npos);
  EXPECT_EQ(page.find('\x1b'), std::string::npos);
  EXPECT_EQ(page.find('\xff'), std::string::npos);
  ExpectWellFormed(page);
}

TEST(Html, SaysWhatNobodySaw) {
  Review review = SampleOf(0);
  review.incidents = 3;
  review.blind = {
      {.from_unix_ns = kStart, .to_unix_ns = kStart + 60 * kSecond, .why = "killed"},
      {.from_unix_ns = kStart, .to_unix_ns = kStart + kSecond, .why = "lost", .count = 1234}};
  const std::string page = HtmlPage(review);
  ExpectWellFormed(page);
  EXPECT_NE(page.find("No container died here"), std::string::npos);
  EXPECT_NE(page.find("podtap events --kind kill"), std::string::npos);
  EXPECT_NE(page.find("Nobody recorded for 1 min"), std::string::npos) << page;
  EXPECT_NE(page.find("1,234 events were lost"), std::string::npos);
  EXPECT_EQ(page.find("watched all of this time"), std::string::npos);
}

TEST(Html, AnyTimeOfADamagedStoreIsShown) {
  for (const int64_t at : {INT64_MIN, INT64_MIN + 1, int64_t{-1}, INT64_MAX}) {
    Review review = SampleOf(1);
    review.deaths[0].row.unix_ns = at;
    review.blind = {
        {.from_unix_ns = at, .to_unix_ns = INT64_MAX, .why = "killed"},
        {.from_unix_ns = INT64_MAX, .to_unix_ns = INT64_MIN, .why = "lost", .count = 1}};
    ExpectWellFormed(HtmlPage(review));
    review.to_unix_ns = INT64_MAX;
    review.from_unix_ns = 0;
    ExpectWellFormed(HtmlPage(review));
  }
}

TEST(Timeline, IsBounded) {
  const std::string svg = TimelineSvg(SampleOf(30'000));
  ExpectWellFormed(svg);
  EXPECT_NE(svg.find("and 36 more"), std::string::npos);
  EXPECT_LE(Count(svg, "<a href"), 24U * 400U);
}

TEST(Timeline, PutsMarksWhereTheyBelong) {
  Review review = SampleOf(3);
  review.deaths[0].row.unix_ns = review.from_unix_ns - kSecond;  // a clock that was set
  review.deaths[1].row.unix_ns = (review.from_unix_ns + review.to_unix_ns) / 2;
  review.deaths[2].row.unix_ns = review.to_unix_ns;
  const std::string svg = TimelineSvg(review);
  EXPECT_NE(svg.find("translate(250.0,"), std::string::npos);
  EXPECT_NE(svg.find("translate(667.0,"), std::string::npos);
  EXPECT_NE(svg.find("translate(1084.0,"), std::string::npos);
}

}  // namespace
}  // namespace podtap::report
