#include "testimony/klog.h"

#include <gtest/gtest.h>

#include <string>

namespace podtap::testimony {
namespace {

constexpr int64_t kSecond = 1'000'000'000;
// 2026-11-25 23:37:37 UTC.
constexpr int64_t kThen = 1'795'649'857 * kSecond;

TEST(Klog, ReadsFreeText) {
  const auto record = ParseKlog(
      R"(I1125 23:37:37.065910   17932 kuberuntime_manager.go:656] Container "app" failed)");
  ASSERT_TRUE(record.has_value());
  EXPECT_EQ(record->pid, 17932);
  EXPECT_EQ(record->file, "kuberuntime_manager.go");
  EXPECT_EQ(record->message, "Container \"app\" failed");
  EXPECT_TRUE(record->fields.empty());
  EXPECT_EQ(record->wall->month, 11U);
  EXPECT_EQ(UnixNs(*record->wall, kThen + kSecond, 0), kThen + 65'910'000);
}

TEST(Klog, ReadsStructuredText) {
  const auto record = ParseKlog(
      R"(I0516 18:34:49.885576    4052 kuberuntime_manager.go:1027] "Message for Container of pod" containerName="liveness" containerStatusID={"Type":"containerd","ID":"0565 7a"} pods=["a/b" "c/d"] event=&{ID:x Type:y} n=3 containerMessage="he said \"no\"\n" err="x")");
  ASSERT_TRUE(record.has_value());
  EXPECT_EQ(record->message, "Message for Container of pod");
  EXPECT_EQ(record->Field("containerName"), "liveness");
  EXPECT_EQ(record->Field("containerStatusID"), R"({"Type":"containerd","ID":"0565 7a"})");
  EXPECT_EQ(record->Field("pods"), R"(["a/b" "c/d"])");
  EXPECT_EQ(record->Field("event"), "&{ID:x Type:y}");
  EXPECT_EQ(record->Field("n"), "3");
  EXPECT_EQ(record->Field("containerMessage"), "he said \"no\"\n");
  EXPECT_EQ(record->Field("err"), "x");
  EXPECT_EQ(record->Field("nothing"), "");
}

TEST(Klog, ReadsAValueOfManyLines) {
  const std::string head =
      R"(I0516 18:34:49.885576    4052 prober.go:107] "Probe failed" output=<)";
  const auto whole = ParseKlog(head + "\n\tcat: no such file\n\tsecond\n > probe=\"x\"");
  ASSERT_TRUE(whole.has_value());
  EXPECT_EQ(whole->Field("output"), "cat: no such file\nsecond");
  EXPECT_EQ(whole->Field("probe"), "x");
  // A journal has each line in an entry of its own.
  const auto first = ParseKlog(head);
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(first->Field("output"), "");
  EXPECT_EQ(first->message, "Probe failed");
}

TEST(Klog, ReadsJson) {
  const auto record = ParseKlog(
      R"({"ts":1795649857065.9102,"caller":"kuberuntime/kuberuntime_container.go:808","msg":"Killing container with a grace period","v":2,"pod":{"name":"web-0","namespace":"default"},"podUID":"2f1e","containerName":"app","gracePeriod":30,"pods":[{"name":"a","namespace":"b"}],"containerStatusID":{"Type":"containerd","ID":"4f"}})");
  ASSERT_TRUE(record.has_value());
  EXPECT_EQ(record->file, "kuberuntime_container.go");
  EXPECT_EQ(record->Field("pod"), "default/web-0");
  EXPECT_EQ(record->Field("pods"), "[b/a]");
  EXPECT_EQ(record->Field("containerStatusID"), "4f");
  EXPECT_EQ(record->Field("gracePeriod"), "30");
  EXPECT_NEAR(static_cast<double>(*record->unix_ns - kThen), 65'910'000.0, 1'000'000.0);
}

TEST(Klog, PassesOverWhatIsNone) {
  for (const char* line : {"", "I", "hello", "I1125", "I1325 23:37:37.065910 1 a.go:1] x",
                           "I1125 25:37:37.065910 1 a.go:1] x", "I1125 23:37:37.065910 x a.go:1] x",
                           "I1125 23:37:37.065910 1 a.go:1 x", "I1125 23:37:37.065910 1 a b:1] x",
                           "\tI1125 23:37:37.065910 1 a.go:1] x", "{", "{}", "[]", "{\"ts\":\"x\"}",
                           "{\"ts\":1e300}", "{\"ts\":-1}"}) {
    EXPECT_FALSE(ParseKlog(line).has_value()) << line;
  }
}

TEST(Klog, SurvivesWhatNeverEnds) {
  for (const std::string text : {R"("never)", R"("x" a="never)", R"("x" a={[{"never)", R"("x" a)",
                                 R"("x" =)", R"("x" a=\)", R"("x" a="\)", R"("\)"}) {
    EXPECT_TRUE(ParseKlog("I1125 23:37:37.065910 1 a.go:1] " + text).has_value()) << text;
  }
  const std::string deep = std::string(200'000, '[');
  EXPECT_TRUE(ParseKlog("I1125 23:37:37.065910 1 a.go:1] \"x\" a=" + deep).has_value());
  static_cast<void>(ParseKlog(R"({"ts":1,"msg":"x","a":)" + deep));
  static_cast<void>(ParseKlog(R"({"ts":1,"msg":"x","a":)" + std::string(30'000, '[') +
                              std::string(30'000, ']') + "}"));
}

TEST(Klog, FindsTheYear) {
  constexpr int64_t kNewYear = 1'798'761'600 * kSecond;  // 2027-01-01 00:00:00 UTC
  const WallTime last_second{12, 31, 86'399 * kSecond};
  EXPECT_EQ(UnixNs(last_second, kNewYear + kSecond, 0), kNewYear - kSecond);
  // Somebody's new year that has not come here yet.
  EXPECT_EQ(UnixNs({1, 1, 0}, kNewYear - 3600 * kSecond, 0), kNewYear);
  EXPECT_EQ(UnixNs({1, 1, 0}, kNewYear - 90'000 * kSecond, 0),
            kNewYear - int64_t{365} * 86'400 * kSecond);
  // Written two hours east of Greenwich.
  EXPECT_EQ(UnixNs({1, 1, 0}, kNewYear, 7200), kNewYear - 7200 * kSecond);
  EXPECT_EQ(UnixNs({2, 29, 0}, kNewYear, 0), 1'709'164'800 * kSecond);  // of 2024
}

}  // namespace
}  // namespace podtap::testimony
