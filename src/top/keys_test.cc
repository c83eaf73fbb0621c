#include "top/keys.h"

#include <gtest/gtest.h>

#include <random>

namespace podtap::top {
namespace {

using Kind = Key::Kind;

Key Text(std::string text) { return {.kind = Kind::kText, .text = std::move(text)}; }
Key Of(Kind kind) { return {.kind = kind, .text = ""}; }
using Keys = std::vector<Key>;

TEST(Keys, KnowsWhatTerminalsSend) {
  KeyDecoder decoder;
  EXPECT_EQ(decoder.Feed("q/\r\x7f"),
            (Keys{Text("q"), Text("/"), Of(Kind::kEnter), Of(Kind::kBackspace)}));
  EXPECT_EQ(decoder.Feed("\x1b[A\x1bOB\x1b[5~\x1b[6~\x1b[H\x1b[4~"),
            (Keys{Of(Kind::kUp), Of(Kind::kDown), Of(Kind::kPageUp), Of(Kind::kPageDown),
                  Of(Kind::kHome), Of(Kind::kEnd)}));
  EXPECT_FALSE(decoder.waiting());
}

TEST(Keys, PutsSplitSequencesTogether) {
  KeyDecoder decoder;
  EXPECT_EQ(decoder.Feed("\x1b"), Keys{});
  EXPECT_EQ(decoder.Feed("["), Keys{});
  EXPECT_TRUE(decoder.waiting());
  EXPECT_EQ(decoder.Feed("Bj"), (Keys{Of(Kind::kDown), Text("j")}));
  EXPECT_EQ(decoder.Feed("\xc3"), Keys{});
  EXPECT_EQ(decoder.Feed("\xa4"), (Keys{Text("ä")}));
}

TEST(Keys, ALoneEscapeIsTheKeyOnceNothingFollows) {
  KeyDecoder decoder;
  EXPECT_EQ(decoder.Feed("\x1b"), Keys{});
  EXPECT_EQ(decoder.Flush(), (Keys{Of(Kind::kEscape)}));
  EXPECT_EQ(decoder.Flush(), Keys{});
  EXPECT_EQ(decoder.Feed("\x1bx"), (Keys{Of(Kind::kEscape), Text("x")}));
}

TEST(Keys, WhatNobodyKnowsIsNoText) {
  KeyDecoder decoder;
  EXPECT_EQ(decoder.Feed("\x1b[200~\x1b[1;5C\x01\x02\xff"), Keys{});
  EXPECT_EQ(decoder.Feed("a"), (Keys{Text("a")}));
}

TEST(Keys, AnyBytesEndSomewhere) {
  std::mt19937 random(7);
  KeyDecoder decoder;
  for (int round = 0; round < 20000; round++) {
    std::string bytes;
    for (auto n = random() % 8; n > 0; n--) {
      bytes += random() % 3 == 0 ? "\x1b[O~A"[random() % 5] : static_cast<char>(random());
    }
    for (const Key& key : decoder.Feed(bytes)) {
      EXPECT_EQ(key.text.empty(), key.kind != Kind::kText);
    }
  }
  decoder.Flush();
  EXPECT_FALSE(decoder.waiting());
}

}  // namespace
}  // namespace podtap::top
