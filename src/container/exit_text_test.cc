#include "container/exit_text.h"

#include <gtest/gtest.h>

namespace podtap::container {
namespace {

constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kNow = 1'000'000 * kSecond;

Container Ended(int code, const char* reason = "", int64_t ago_s = 180) {
  Container container;
  container.state = State::kExited;
  container.last_exit =
      RuntimeExit{.exit_code = code, .reason = reason, .finished_unix_ns = kNow - ago_s * kSecond};
  return container;
}

TEST(ExitTextTest, WithoutTheTime) {
  EXPECT_EQ(DescribeExit(Ended(137)), "137 SIGKILL");
  EXPECT_EQ(DescribeExit(Container{}), "unknown");
}

TEST(ExitTextTest, Codes) {
  EXPECT_EQ(DescribeLastExit(Ended(0), kNow), "0, 3m ago");
  EXPECT_EQ(DescribeLastExit(Ended(0, "Completed"), kNow), "0 Completed, 3m ago");
  EXPECT_EQ(DescribeLastExit(Ended(3), kNow), "3, 3m ago");
  EXPECT_EQ(DescribeLastExit(Ended(137), kNow), "137 SIGKILL, 3m ago");
  EXPECT_EQ(DescribeLastExit(Ended(137, "Error"), kNow), "137 SIGKILL, 3m ago");
  EXPECT_EQ(DescribeLastExit(Ended(139), kNow), "139 SIGSEGV, 3m ago");
  EXPECT_EQ(DescribeLastExit(Ended(128, "StartError"), kNow), "128 StartError, 3m ago");
  EXPECT_EQ(DescribeLastExit(Ended(255, "Error"), kNow), "255, 3m ago");
  EXPECT_EQ(DescribeLastExit(Ended(128), kNow), "128, 3m ago");
}

TEST(ExitTextTest, OutOfMemory) {
  Container container = Ended(137, "OOMKilled");
  container.last_exit->oom_killed = true;
  EXPECT_EQ(DescribeLastExit(container, kNow), "137 OOMKilled, 3m ago");
}

TEST(ExitTextTest, NeverAndUnknown) {
  Container container;
  EXPECT_EQ(DescribeLastExit(container, kNow), "-");
  container.last_end_unix_ns = kNow - 60 * kSecond;
  EXPECT_EQ(DescribeLastExit(container, kNow), "unknown, 1m ago");
  container = Ended(127, "", 0);
  container.state = State::kCreated;
  container.last_exit->finished_unix_ns = 0;
  EXPECT_EQ(DescribeLastExit(container, kNow), "127 never started");
}

TEST(ExitTextTest, Ages) {
  EXPECT_EQ(DescribeAge(-5), "0s");
  EXPECT_EQ(DescribeAge(59 * kSecond), "59s");
  EXPECT_EQ(DescribeAge(60 * kSecond), "1m");
  EXPECT_EQ(DescribeAge(3599 * kSecond), "59m");
  EXPECT_EQ(DescribeAge(3600 * kSecond), "1h");
  EXPECT_EQ(DescribeAge(int64_t{100} * 86400 * kSecond), "100d");
}

}  // namespace
}  // namespace podtap::container
