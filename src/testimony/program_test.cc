#include "testimony/program.h"

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cerrno>
#include <chrono>

namespace podtap::testimony {
namespace {

using std::chrono::milliseconds;

TEST(Program, GivesWhatItPrints) {
  const auto output = RunProgram({"sh", "-c", "printf 'a\\nb'; echo no >&2; echo more >&2; exit 3"},
                                 container::After(milliseconds(10'000)), 100);
  ASSERT_TRUE(output.has_value()) << output.error().Message();
  EXPECT_EQ(output->text, "a\nb");
  EXPECT_EQ(output->complaint, "no");
  EXPECT_EQ(WEXITSTATUS(output->status), 3);
  EXPECT_FALSE(output->cut);
}

TEST(Program, ThatIsntThere) {
  const auto output =
      RunProgram({"no-such-program-anywhere"}, container::After(milliseconds(1000)), 100);
  ASSERT_FALSE(output.has_value());
  EXPECT_EQ(output.error().error_number, ENOENT);
}

TEST(Program, ThatNeverEnds) {
  const auto started = std::chrono::steady_clock::now();
  const auto output =
      RunProgram({"sh", "-c", "echo a; exec sleep 100"}, container::After(milliseconds(200)), 100);
  ASSERT_FALSE(output.has_value());
  EXPECT_EQ(output.error().error_number, ETIMEDOUT);
  EXPECT_NE(output.error().Message().find("sh"), std::string::npos);
  EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds(50));
}

TEST(Program, ThatClosesItsOutputAndStays) {
  const auto output = RunProgram({"sh", "-c", "exec >&- 2>&-; exec sleep 100"},
                                 container::After(milliseconds(300)), 100);
  ASSERT_FALSE(output.has_value());
  EXPECT_EQ(output.error().error_number, ETIMEDOUT);
}

TEST(Program, ThatPrintsWithoutEnd) {
  const auto output = RunProgram({"sh", "-c", "while :; do echo aaaaaaaaaaaaaaaa; done"},
                                 container::After(milliseconds(30'000)), 1000);
  ASSERT_TRUE(output.has_value()) << output.error().Message();
  EXPECT_TRUE(output->cut);
  EXPECT_EQ(output->text.size(), 1000U);
}

TEST(Program, GetsNoInput) {
  const auto output = RunProgram({"cat"}, container::After(milliseconds(10'000)), 100);
  ASSERT_TRUE(output.has_value());
  EXPECT_EQ(output->text, "");
}

}  // namespace
}  // namespace podtap::testimony
