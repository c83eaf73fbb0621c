#include "base/escape.h"

#include <gtest/gtest.h>

namespace podtap {
namespace {

TEST(Escape, Utf8Lengths) {
  EXPECT_EQ(Utf8Length(""), 0u);
  EXPECT_EQ(Utf8Length("a"), 1u);
  EXPECT_EQ(Utf8Length("\xc3\xbc"), 2u);
  EXPECT_EQ(Utf8Length("\xe2\x82\xac"), 3u);
  EXPECT_EQ(Utf8Length("\xf4\x8f\xbf\xbf"), 4u);
  for (std::string_view bad : {"\x80", "\xc0\x80", "\xc3", "\xe0\x80\x80", "\xed\xa0\x80",
                               "\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "\xe2\x82", "\xff"}) {
    EXPECT_EQ(Utf8Length(bad), 0u);
  }
}

TEST(Escape, LeavesOnlyWhatATerminalShows) {
  EXPECT_EQ(Escape("plain \xc3\xa9 \xe4\xb8\xad \xf0\x9f\x98\x80"),
            "plain \xc3\xa9 \xe4\xb8\xad \xf0\x9f\x98\x80");
  EXPECT_EQ(Escape(std::string_view("\0\n\t\x7f", 4)), "\\x00\\x0a\\x09\\x7f");
  EXPECT_EQ(Escape("\xc2\x9b"), "\\xc2\\x9b");           // C1 control: starts a sequence
  EXPECT_EQ(Escape("\xc0\xaf"), "\\xc0\\xaf");           // overlong
  EXPECT_EQ(Escape("\xed\xa0\x80"), "\\xed\\xa0\\x80");  // a surrogate
  EXPECT_EQ(Escape("\xe4\xb8"), "\\xe4\\xb8");           // cut short
}

TEST(Escape, NothingTurnsTheOrderOfWhatIsRead) {
  EXPECT_EQ(Escape("gpj\xe2\x80\xae.sh"), "gpj\\xe2\\x80\\xae.sh");  // right-to-left override
  EXPECT_EQ(Escape("\xe2\x81\xa7"), "\\xe2\\x81\\xa7");              // an isolate
  EXPECT_EQ(Escape("\xe2\x80\xa8"), "\\xe2\\x80\\xa8");              // a line separator
  EXPECT_EQ(Escape("\xd8\x9c"), "\\xd8\\x9c");                       // the Arabic letter mark
  // Hebrew and Arabic letters are text, and so is what joins an emoji.
  EXPECT_EQ(Escape("\xd7\xa9 \xd8\xb4 \xe2\x80\x8d"), "\xd7\xa9 \xd8\xb4 \xe2\x80\x8d");
}

TEST(Escape, JsonStaysTheSameAndDoesNothing) {
  std::string out;
  AppendSafeJson("{\"name\":\"a\x7f\xc2\x9b\xe2\x80\xae\xc3\xa9\"}", out);
  EXPECT_EQ(out, "{\"name\":\"a\\u007f\\u009b\\u202e\xc3\xa9\"}");
  out.clear();
  AppendSafeJson("", out);
  AppendSafeJson("\xff", out);  // no JSON: it passes as it is
  EXPECT_EQ(out, "\xff");
}

TEST(Escape, KeepsWhatItIsAskedToKeep) {
  EXPECT_EQ(Escape("a\tb\nc\x1b", Keep::kTabs), "a\tb\\x0ac\\x1b");
  EXPECT_EQ(Escape("a\tb\nc\x1b", Keep::kTabsAndNewlines), "a\tb\nc\\x1b");
}

}  // namespace
}  // namespace podtap
