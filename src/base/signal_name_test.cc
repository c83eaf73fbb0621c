#include "base/signal_name.h"

#include <gtest/gtest.h>

namespace podtap {
namespace {

TEST(SignalNameTest, EveryNumberComesBack) {
  for (int32_t signal = 1; signal <= 64; ++signal) {
    if (signal == 32 || signal == 33) continue;  // glibc keeps them for itself
    EXPECT_EQ(SignalNumber(SignalName(signal)), signal) << SignalName(signal);
  }
}

TEST(SignalNameTest, Names) {
  EXPECT_EQ(SignalName(9), "SIGKILL");
  EXPECT_EQ(SignalName(15), "SIGTERM");
  EXPECT_EQ(SignalName(31), "SIGSYS");
  EXPECT_EQ(SignalName(34), "SIGRTMIN");
  EXPECT_EQ(SignalName(37), "SIGRTMIN+3");
  EXPECT_EQ(SignalName(0), "signal 0");
  EXPECT_EQ(SignalName(-5), "signal -5");
  EXPECT_EQ(SignalName(65), "signal 65");
}

TEST(SignalNameTest, Numbers) {
  EXPECT_EQ(SignalNumber("15"), 15);
  EXPECT_EQ(SignalNumber("SIGTERM"), 15);
  EXPECT_EQ(SignalNumber("term"), 15);
  EXPECT_EQ(SignalNumber("SIGRTMIN+3"), 37);
  EXPECT_EQ(SignalNumber("SIGRTMAX-1"), 63);
  EXPECT_EQ(SignalNumber("RTMAX"), 64);
  EXPECT_EQ(SignalNumber("SIGIOT"), 6);
  EXPECT_EQ(SignalNumber("POLL"), 29);
  for (const char* wrong : {"SIGRTMAX-0", "SIGRTMAX-31", "SIGRTMAX-x", "SIGRTMIN+31", "", "0", "65",
                            "-9", "9x", "SIG", "SIGNONE", "signal 32"}) {
    EXPECT_EQ(SignalNumber(wrong), 0) << wrong;
  }
}

}  // namespace
}  // namespace podtap
