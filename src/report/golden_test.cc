// The text of some verdicts, as a terminal of 80 columns shows it: testdata/*.txt, by
// the names of the cases in src/verdict/testdata/.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "report/text.h"
#include "verdict/test_golden.h"

namespace podtap::report {
namespace {

const std::filesystem::path kFolder = std::string(PODTAP_SOURCE_DIR) + "/src/report/testdata";

class Golden : public testing::Test {
 protected:
  void SetUp() override {
    ::setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
    ::tzset();
  }
};

TEST_F(Golden, TextsAreAsApproved) {
  size_t compared = 0;
  for (const verdict::GoldenCase& golden : verdict::ReadGoldenCases()) {
    const std::filesystem::path path = kFolder / (golden.name + ".txt");
    if (!std::filesystem::exists(path)) continue;
    const std::string now = VerdictText(golden.death, verdict::Judge(golden.death));
    compared++;
    if (std::getenv("PODTAP_APPROVE") != nullptr) {
      std::ofstream(path) << now;
      continue;
    }
    std::stringstream approved;
    approved << std::ifstream(path).rdbuf();
    EXPECT_EQ(approved.str(), now) << path;
  }
  EXPECT_GT(compared, 5U);
}

}  // namespace
}  // namespace podtap::report
