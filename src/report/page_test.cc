#include "report/page.h"

#include <gtest/gtest.h>

#include "report/clock.h"

namespace podtap::report {
namespace {

using Lines = std::vector<std::string>;

TEST(Wrap, BreaksAtSpaces) {
  EXPECT_EQ(Wrap("one two three", 7), (Lines{"one two", "three"}));
  EXPECT_EQ(Wrap("one two", 80), (Lines{"one two"}));
  EXPECT_EQ(Wrap("", 10), (Lines{""}));
}

TEST(Wrap, BreaksLongWords) {
  EXPECT_EQ(Wrap("abcdefgh", 3), (Lines{"abc", "def", "gh"}));
  EXPECT_EQ(Wrap("a bcdefgh", 4), (Lines{"a", "bcde", "fgh"}));
}

TEST(Wrap, NeverInsideACharacter) {
  EXPECT_EQ(Wrap("äöü", 2), (Lines{"äö", "ü"}));
  EXPECT_EQ(Wrap("äöü", 0), (Lines{"ä", "ö", "ü"}));
}

TEST(Page, FieldsAndItems) {
  Page page(40, false);
  page.Field("When", "now");
  page.Item("Next", "- ", "one two three four five six seven");
  page.Item("", "- ", "eight");
  EXPECT_EQ(std::move(page).Take(),
            "When       now\n"
            "Next       - one two three four five six\n"
            "             seven\n"
            "           - eight\n");
}

TEST(Clock, RelativeToTheEnd) {
  EXPECT_EQ(Relative(-12'000'000), "-0.012 s");
  EXPECT_EQ(Relative(0), " 0.000 s");
  EXPECT_EQ(Relative(-100), " 0.000 s");
  EXPECT_EQ(Relative(10'010'000'000), " 10.010 s");
}

TEST(Clock, Rfc3339) {
  EXPECT_EQ(Rfc3339(0), "1970-01-01T00:00:00.000000000Z");
  EXPECT_EQ(Rfc3339(1'785'412'527'000'000'001), "2026-07-30T11:55:27.000000001Z");
  EXPECT_EQ(Rfc3339(-1), "1969-12-31T23:59:59.999999999Z");
}

}  // namespace
}  // namespace podtap::report
