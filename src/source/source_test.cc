#include "source/source.h"

#include <gtest/gtest.h>

namespace podtap::source {
namespace {

TEST(SourceSet, NamesTheLineAndColumnOfAPlace) {
  SourceSet sources;
  const FileId file = sources.Add("a.stp", "one\n\ttwo\nthree");
  EXPECT_EQ(sources.Where({file, 0, 3}), "a.stp:1:1");
  EXPECT_EQ(sources.Where({file, 5, 8}), "a.stp:2:2");  // a tab is one column
  EXPECT_EQ(sources.Where({file, 13, 14}), "a.stp:3:5");
  EXPECT_EQ(sources.Line({file, 5, 8}), "\ttwo");
  EXPECT_EQ(sources.Line({file, 3, 4}), "one");  // the newline belongs to its line
  EXPECT_EQ(sources.Text(Span{file, 5, 8}), "two");
}

TEST(SourceSet, SurvivesPlacesThatDoNotExist) {
  SourceSet sources;
  const FileId file = sources.Add("a.stp", "one\n");
  EXPECT_EQ(sources.Where({}), "");
  EXPECT_EQ(sources.Text(Span{}), "");
  EXPECT_EQ(sources.Text(FileId{7}), "");
  EXPECT_EQ(sources.Where({file, 900, 901}), "a.stp:2:1");
  EXPECT_EQ(sources.Text(Span{file, 900, 901}), "");
  EXPECT_EQ(sources.Text(Span{file, 3, 1}), "");
  EXPECT_EQ(sources.Line({file, 900, 901}), "");
  const FileId empty = sources.Add("b.stp", "");
  EXPECT_EQ(sources.Where({empty, 0, 0}), "b.stp:1:1");
  EXPECT_EQ(sources.Line({empty, 0, 0}), "");
}

TEST(SourceSet, KnowsItsTapset) {
  SourceSet sources;
  EXPECT_FALSE(sources.IsTapset(sources.Add("a.stp", "x")));
  EXPECT_TRUE(sources.IsTapset(sources.Add("t.stp", "x", true)));
  EXPECT_FALSE(sources.IsTapset(kNoFile));
}

}  // namespace
}  // namespace podtap::source
