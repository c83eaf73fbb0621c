#include "probes/glob.h"

#include <gtest/gtest.h>

#include <string>

namespace podtap::probes {
namespace {

TEST(Glob, Matches) {
  EXPECT_TRUE(MatchesGlob("", ""));
  EXPECT_TRUE(MatchesGlob("*", ""));
  EXPECT_TRUE(MatchesGlob("*", "sched"));
  EXPECT_TRUE(MatchesGlob("s*d", "sched"));
  EXPECT_TRUE(MatchesGlob("s*h*", "sched"));
  EXPECT_TRUE(MatchesGlob("?ched", "sched"));
  EXPECT_TRUE(MatchesGlob("[a-sx]che[!a]", "sched"));
  EXPECT_TRUE(MatchesGlob("*ab", "aab"));
  EXPECT_TRUE(MatchesGlob("[]]", "]"));
  EXPECT_TRUE(MatchesGlob("[a", "[a"));
  EXPECT_TRUE(MatchesGlob("[a-]", "-"));
}

TEST(Glob, Differs) {
  EXPECT_FALSE(MatchesGlob("", "a"));
  EXPECT_FALSE(MatchesGlob("?", ""));
  EXPECT_FALSE(MatchesGlob("sched", "sche"));
  EXPECT_FALSE(MatchesGlob("sche", "sched"));
  EXPECT_FALSE(MatchesGlob("s*x", "sched"));
  EXPECT_FALSE(MatchesGlob("[!s]ched", "sched"));
  EXPECT_FALSE(MatchesGlob("[t-z]ched", "sched"));
  EXPECT_FALSE(MatchesGlob("[", ""));
}

TEST(Glob, ManyStarsEnd) {
  std::string pattern;
  for (int i = 0; i < 60; ++i) pattern += "a*";
  EXPECT_FALSE(MatchesGlob(pattern + "b", std::string(5000, 'a')));
}

TEST(Glob, Wildcards) {
  EXPECT_FALSE(HasWildcard("sched:sched_switch"));
  for (const char* text : {"*", "a?", "[ab]"}) EXPECT_TRUE(HasWildcard(text));
}

}  // namespace
}  // namespace podtap::probes
