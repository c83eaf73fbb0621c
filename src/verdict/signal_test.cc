#include "verdict/signal.h"

#include <gtest/gtest.h>

#include "verdict/end.h"
#include "verdict/syscall.h"
#include "verdict/verdict.h"
#include "verdict/wording.h"

namespace podtap::verdict {
namespace {

TEST(Signal, WhatEndsAProcess) {
  for (const int32_t signal : {1, 2, 9, 10, 15, 31, 34, 64}) EXPECT_TRUE(EndsByDefault(signal));
  for (const int32_t signal : {0, 17, 18, 19, 20, 21, 22, 23, 28, 65, -1}) {
    EXPECT_FALSE(EndsByDefault(signal)) << signal;
  }
}

TEST(Status, TakenApart) {
  EXPECT_EQ(SignalOf(139), 11);
  EXPECT_TRUE(DumpedCore(139));
  EXPECT_EQ(CodeOf(137 << 8), 137);
  EXPECT_EQ(SignalOfExitCode(137), 9);
  EXPECT_EQ(SignalOfExitCode(128), 0);
  EXPECT_EQ(SignalOfExitCode(255), 0);
}

TEST(Syscall, Names) {
  constexpr uint32_t kX86 = 0xc000003e;
  EXPECT_EQ(SyscallName(62, kX86), "kill");
  EXPECT_EQ(SyscallName(250, kX86), "keyctl");
  EXPECT_EQ(SyscallName(334, kX86), "rseq");
  EXPECT_EQ(SyscallName(335, kX86), "uretprobe");
  EXPECT_EQ(SyscallName(400, kX86), "");
  EXPECT_EQ(SyscallName(424, kX86), "pidfd_send_signal");
  EXPECT_EQ(SyscallName(462, kX86), "mseal");
  EXPECT_EQ(SyscallName(-1, kX86), "");
  EXPECT_EQ(SyscallName(1 << 30, kX86), "");
  EXPECT_EQ(SyscallName(62, 0x40000003), "");  // i386 has others
}

TEST(Wording, Durations) {
  EXPECT_EQ(Duration(12'000'000), "12 ms");
  EXPECT_EQ(Duration(250'000'000), "0.2 s");
  EXPECT_EQ(Duration(4'100'000'000), "4.1 s");
  EXPECT_EQ(Duration(125'000'000'000), "2 min 5 s");
  EXPECT_EQ(Duration(7'980'000'000'000), "2 h 13 min");
  EXPECT_EQ(Duration(-1), "0 ms");
}

TEST(Wording, SizesAndTimes) {
  EXPECT_EQ(Bytes(20u << 20), "20 MiB");
  EXPECT_EQ(Bytes(1536u << 20), "1.5 GiB");
  EXPECT_EQ(Bytes(812), "812 B");
  EXPECT_EQ(Utc(1'785'412'527'000'000'000), "2026-07-30 11:55:27 UTC");
  EXPECT_EQ(Utc(INT64_MIN), "1970-01-01 00:00:00 UTC");
}

TEST(Wording, WordsForAShell) {
  EXPECT_EQ(ShellWord("nginx.service"), "nginx.service");
  EXPECT_EQ(ShellWord("a b; rm -rf /"), "'a b; rm -rf /'");
  EXPECT_EQ(ShellWord("it's"), "'it'\\''s'");
  EXPECT_EQ(ShellWord("$(id)"), "'$(id)'");
  EXPECT_EQ(ShellWord(""), "''");
}

}  // namespace
}  // namespace podtap::verdict
