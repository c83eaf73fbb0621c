#include "container/rfc3339.h"

#include <gtest/gtest.h>

namespace podtap::container {
namespace {

TEST(Rfc3339Test, Times) {
  // date -u -d … +%s
  EXPECT_EQ(ParseRfc3339("1970-01-01T00:00:01Z"), 1'000'000'000);
  EXPECT_EQ(ParseRfc3339("2026-11-25T22:38:18.928410004Z"), 1795646298928410004);
  EXPECT_EQ(ParseRfc3339("2026-11-25T22:38:18.9Z"), 1795646298900000000);
  EXPECT_EQ(ParseRfc3339("2026-11-25T23:38:18+01:00"), 1795646298000000000);
  EXPECT_EQ(ParseRfc3339("2026-11-25T18:08:18-04:30"), 1795646298000000000);
  EXPECT_EQ(ParseRfc3339("2024-02-29T00:00:00Z"), 1709164800000000000);
  EXPECT_EQ(ParseRfc3339("2026-11-25T22:38:18.9284100049999Z"), 1795646298928410004);
}

TEST(Rfc3339Test, NoTimes) {
  for (const char* text :
       {"", "0001-01-01T00:00:00Z", "2026", "2026-11-25", "2026-11-25T22:38:18", "x",
        "2026-13-25T22:38:18Z", "2026-02-30T22:38:18Z", "2026-11-25T24:38:18Z",
        "2026-11-25T22:38:18.Z+", "2026-11-25T22:38:18+1:00", "9999-01-01T00:00:00Z",
        "2026-11-25 22:38:18Z", "-026-11-25T22:38:18Z"}) {
    EXPECT_EQ(ParseRfc3339(text), 0) << text;
  }
}

}  // namespace
}  // namespace podtap::container
