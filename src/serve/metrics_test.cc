#include "serve/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace podtap::serve {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(MetricsTest, Format) {
  Metrics metrics;
  metrics.Describe("podtap_deaths_total", Metrics::Kind::kCounter, "Deaths.", {"cause", "pod"});
  metrics.Describe("podtap_lives", Metrics::Kind::kGauge, "Containers.");
  metrics.Add("podtap_deaths_total", {"oom.child", "web-0"});
  metrics.Add("podtap_deaths_total", {"oom.child", "web-0"});
  metrics.Add("podtap_deaths_total", {"exit", "web-0"});
  metrics.Set("podtap_lives", {}, 3);
  EXPECT_EQ(metrics.Text(),
            "# HELP podtap_deaths_total Deaths.\n"
            "# TYPE podtap_deaths_total counter\n"
            "podtap_deaths_total{cause=\"exit\",pod=\"web-0\"} 1\n"
            "podtap_deaths_total{cause=\"oom.child\",pod=\"web-0\"} 2\n"
            "# HELP podtap_lives Containers.\n"
            "# TYPE podtap_lives gauge\n"
            "podtap_lives 3\n"
            "# HELP podtap_metrics_folded_total Values added to \"other\" because a metric has "
            "too many sets of labels.\n"
            "# TYPE podtap_metrics_folded_total counter\n"
            "podtap_metrics_folded_total 0\n");
}

TEST(MetricsTest, ForeignNamesStayInTheirQuotes) {
  Metrics metrics;
  metrics.Describe("m", Metrics::Kind::kCounter, "M.", {"pod"});
  metrics.Add("m", {"a\"} 7\nb\\c\x1b"});
  EXPECT_THAT(metrics.Text(), HasSubstr("m{pod=\"a\\\"} 7\\nb\\\\c?\"} 1\n"));
}

TEST(MetricsTest, WhatIsNotUtf8WouldMakeAllOfItUnreadable) {
  Metrics metrics;
  metrics.Describe("m", Metrics::Kind::kCounter, "M.", {"pod"});
  metrics.Add("m", {"a\xff\xc3"});
  metrics.Add("m", {"a\x01?"});
  metrics.Add("m", {"\u00fc"});
  const std::string text = metrics.Text();
  // One line for what looks the same: Prometheus refuses a page that has one twice.
  EXPECT_THAT(text, HasSubstr("m{pod=\"a??\"} 2\nm{pod=\"\u00fc\"} 1\n"));
}

TEST(MetricsTest, HelpStaysOnItsLine) {
  Metrics metrics;
  metrics.Describe("m", Metrics::Kind::kGauge, "a \\ \"b\"\nc");
  EXPECT_THAT(metrics.Text(), HasSubstr("# HELP m a \\\\ \"b\"\\nc\n# TYPE m gauge\nm 0\n"));
}

TEST(MetricsTest, AWrongNumberOfValuesIsNoBrokenPage) {
  Metrics metrics;
  metrics.Describe("m", Metrics::Kind::kCounter, "M.", {"a", "b"});
  metrics.Add("m", {"1"});
  metrics.Add("m", {"1", "2", "3"});
  EXPECT_THAT(metrics.Text(), HasSubstr("m{a=\"1\",b=\"\"} 1\nm{a=\"1\",b=\"2\"} 1\n"));
}

TEST(MetricsTest, OneThreadAddsAndAnotherReads) {
  Metrics metrics;
  metrics.Describe("m", Metrics::Kind::kCounter, "M.", {"pod"});
  {
    const std::jthread adds([&] {
      for (int i = 0; i < 1000; i++) metrics.Add("m", {std::to_string(i % 50)});
    });
    for (int i = 0; i < 50; i++) EXPECT_THAT(metrics.Text(), HasSubstr("# TYPE m counter\n"));
  }
  EXPECT_THAT(metrics.Text(), HasSubstr("m{pod=\"49\"} 20\n"));
}

TEST(MetricsTest, WithoutLabelsItIsZeroAtFirst) {
  Metrics metrics;
  metrics.Describe("m", Metrics::Kind::kCounter, "M.");
  EXPECT_THAT(metrics.Text(), HasSubstr("\nm 0\n"));
}

TEST(MetricsTest, ManyPodsAreFolded) {
  Metrics metrics;
  metrics.Describe("m", Metrics::Kind::kCounter, "M.", {"pod"});
  for (size_t i = 0; i < Metrics::kMostSets + 7; i++) metrics.Add("m", {std::to_string(i)});
  metrics.Add("m", {"0"});
  const std::string text = metrics.Text();
  EXPECT_THAT(text, HasSubstr("m{pod=\"other\"} 7\n"));
  EXPECT_THAT(text, HasSubstr("m{pod=\"0\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("podtap_metrics_folded_total 7\n"));
  EXPECT_THAT(text, Not(HasSubstr("pod=\"501\"")));
}

}  // namespace
}  // namespace podtap::serve
