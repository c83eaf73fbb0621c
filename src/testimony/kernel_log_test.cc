#include "testimony/kernel_log.h"

#include <gtest/gtest.h>

namespace podtap::testimony {
namespace {

TEST(Kmsg, ReadsARecord) {
  const auto line =
      ParseKmsg("3,9798,6898282249,-,caller=T1;a\\x0ab [\\x5b] \\xZZ \\x\n SUBSYSTEM=x");
  ASSERT_TRUE(line.has_value());
  EXPECT_EQ(line->monotonic_ns, 6'898'282'249'000);
  EXPECT_EQ(line->text, "a\nb [[] \\xZZ \\x");
}

TEST(Kmsg, OnlyTheKernelsOwn) {
  // What a process writes to /dev/kmsg gets the facility 1 at least.
  EXPECT_FALSE(ParseKmsg("12,1,2,-;Killed process 1 (x)").has_value());
  EXPECT_TRUE(ParseKmsg("7,1,2,-;x").has_value());
  EXPECT_FALSE(ParseKmsg("8,1,2,-;x").has_value());
}

TEST(Kmsg, BrokenRecords) {
  for (const char* text : {"", ";", "6", "6,", "6,1", "6,1,2", "6,1,2,-", "x,1,2,-;a", "6,x,2,-;a",
                           "6,1,x,-;a", "6,1,-2,-;a", "6,1,99999999999999999999,-;a"}) {
    EXPECT_FALSE(ParseKmsg(text).has_value()) << text;
  }
}

TEST(Kmsg, WhatIsOfInterest) {
  for (const char* text : {"server[7942]: segfault at 8 ip 0 sp 0 error 4 in server[0+1]",
                           "traps: server[7942] general protection fault ip:0 sp:0 error:0",
                           "Memory cgroup out of memory: Killed process 7942 (server) total-vm:1kB",
                           "audit: type=1326 audit(1.1:2): pid=1 sig=31",
                           "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null)"}) {
    EXPECT_TRUE(IsAboutAnEnd(text)) << text;
  }
  EXPECT_FALSE(IsAboutAnEnd("eth0: link becomes ready"));
}

TEST(Kmsg, ReadsThisMachines) {
  const auto log = ReadKernelLog(HostRoot());
  if (!log) {
    EXPECT_TRUE(log.error().error_number == EPERM || log.error().error_number == EACCES ||
                log.error().error_number == ENOENT)
        << log.error().Message();
    return;
  }
  for (const KernelLine& line : log->lines) {
    EXPECT_GE(line.monotonic_ns, log->begins_monotonic_ns);
    EXPECT_TRUE(IsAboutAnEnd(line.text)) << line.text;
  }
}

TEST(Kmsg, AHostWithoutOne) {
  const auto log = ReadKernelLog(HostRoot("/proc/self/task"));
  ASSERT_FALSE(log.has_value());
  EXPECT_EQ(log.error().error_number, ENOENT);
}

}  // namespace
}  // namespace podtap::testimony
