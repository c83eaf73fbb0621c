#include "testimony/oom_report.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace podtap::testimony {
namespace {

using store::OomKill;

std::vector<OomKill> Read(const std::vector<std::string>& lines) {
  OomReader reader;
  std::vector<OomKill> kills;
  for (const std::string& line : lines) {
    if (auto kill = reader.Add(line)) kills.push_back(std::move(*kill));
  }
  return kills;
}

// Linux 6.18, docker run -m 20m.
TEST(OomReport, TheContainersOwnLimit) {
  const auto kills = Read({
      "memory: usage 20480kB, limit 20480kB, failcnt 61",
      "Memory cgroup stats for /docker/4f1c:",
      "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=4f1c,mems_allowed=0,"
      "oom_memcg=/docker/4f1c,task_memcg=/docker/4f1c,task=server,pid=7942,uid=0",
      "Memory cgroup out of memory: Killed process 7942 (server) total-vm:25896kB, "
      "anon-rss:19200kB, file-rss:752kB, shmem-rss:4kB, UID:0 pgtables:88kB oom_score_adj:-5",
  });
  ASSERT_EQ(kills.size(), 1U);
  EXPECT_EQ(kills[0].victim.pid.value, 7942);
  EXPECT_EQ(kills[0].comm, "server");
  EXPECT_EQ(kills[0].anon_kb, 19200U);
  EXPECT_EQ(kills[0].file_kb, 752U);
  EXPECT_EQ(kills[0].shmem_kb, 4U);
  EXPECT_EQ(kills[0].score_adj, -5);
  ASSERT_EQ(kills[0].levels.size(), 1U);
  EXPECT_EQ(kills[0].levels[0].path, "/docker/4f1c");
  EXPECT_EQ(kills[0].levels[0].limit, 20U << 20);
  EXPECT_EQ(kills[0].levels[0].usage, 20U << 20);
  EXPECT_TRUE(kills[0].levels[0].locked);
  EXPECT_FALSE(kills[0].levels[0].group);
}

TEST(OomReport, AnUpperLimit) {
  const auto kills = Read({
      "memory: usage 24576kB, limit 24576kB, failcnt 53",
      "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,"
      "oom_memcg=/kubepods/pod1,task_memcg=/kubepods/pod1/4f1c,task=java,pid=7942,uid=0",
      "Memory cgroup out of memory: Killed process 7942 (java) total-vm:1kB, anon-rss:2kB, ",
  });
  ASSERT_EQ(kills.size(), 1U);
  ASSERT_EQ(kills[0].levels.size(), 2U);
  EXPECT_EQ(kills[0].levels[0].path, "/kubepods/pod1/4f1c");
  EXPECT_FALSE(kills[0].levels[0].locked);
  EXPECT_EQ(kills[0].levels[1].path, "/kubepods/pod1");
  EXPECT_TRUE(kills[0].levels[1].locked);
  EXPECT_EQ(kills[0].levels[1].limit, 24U << 20);
}

TEST(OomReport, TheNode) {
  const auto kills = Read({
      "oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,"
      "task_memcg=/docker/4f1c,task=server,pid=7942,uid=0",
      "Out of memory: Killed process 7942 (server) total-vm:1kB, anon-rss:2kB",
  });
  ASSERT_EQ(kills.size(), 1U);
  ASSERT_EQ(kills[0].levels.size(), 1U);
  EXPECT_EQ(kills[0].levels[0].path, "/docker/4f1c");
  EXPECT_FALSE(kills[0].levels[0].locked);
}

TEST(OomReport, AGroup) {
  const auto kills = Read({
      "oom-kill:constraint=CONSTRAINT_MEMCG,oom_memcg=/a,task_memcg=/a,task=x,pid=2,uid=0",
      "Memory cgroup out of memory: Killed process 2 (x) total-vm:1kB",
      "Tasks in /a are going to be killed due to memory.oom.group set",
      "Memory cgroup out of memory: Killed process 1 (init) total-vm:1kB",
      "Memory cgroup out of memory: Killed process 3 (y) total-vm:1kB",
      "oom-kill:constraint=CONSTRAINT_MEMCG,oom_memcg=/b,task_memcg=/b,task=z,pid=4,uid=0",
      "Memory cgroup out of memory: Killed process 4 (z) total-vm:1kB",
  });
  ASSERT_EQ(kills.size(), 4U);
  EXPECT_FALSE(kills[0].levels[0].group);  // the group's line comes after its first victim's
  EXPECT_TRUE(kills[1].levels[0].group);
  EXPECT_EQ(kills[1].levels[0].path, "/a");
  EXPECT_TRUE(kills[2].levels[0].group);
  EXPECT_FALSE(kills[3].levels[0].group);
}

// The kernel leaves reports out when there are many (a rate limit), never the kill.
TEST(OomReport, WithoutItsSummary) {
  const auto kills =
      Read({"Memory cgroup out of memory: Killed process 7942 (server) total-vm:1kB"});
  ASSERT_EQ(kills.size(), 1U);
  EXPECT_TRUE(kills[0].levels.empty());
  // Another's summary is not taken for it.
  EXPECT_TRUE(
      Read({"oom-kill:constraint=CONSTRAINT_MEMCG,oom_memcg=/a,task_memcg=/a,task=x,pid=2,"
            "uid=0",
            "Memory cgroup out of memory: Killed process 3 (y) total-vm:1kB"})[0]
          .levels.empty());
}

// Linux 4.18 and before.
TEST(OomReport, OfOldKernels) {
  const auto kills = Read({
      "Task in /docker/4f1c killed as a result of limit of /docker/4f1c",
      "memory: usage 20480kB, limit 20480kB, failcnt 61",
      "Memory cgroup out of memory: Kill process 7942 (server) score 998 or sacrifice child",
      "Killed process 7942 (server) total-vm:59084kB, anon-rss:19200kB, file-rss:4kB",
  });
  ASSERT_EQ(kills.size(), 1U);
  ASSERT_EQ(kills[0].levels.size(), 1U);
  EXPECT_EQ(kills[0].levels[0].limit, 20U << 20);
  EXPECT_TRUE(kills[0].levels[0].locked);
}

TEST(OomReport, NamesThatWouldDeceive) {
  const auto kills = Read({
      "oom-kill:constraint=CONSTRAINT_MEMCG,oom_memcg=/docker/4f1c,task_memcg=/docker/4f1c,"
      "task=x,pid=1,uid=0,pid=7942,uid=0",
      "Memory cgroup out of memory: Killed process 7942 (a) total-vm:(b) total-vm:1kB",
  });
  ASSERT_EQ(kills.size(), 1U);
  EXPECT_EQ(kills[0].victim.pid.value, 7942);
  EXPECT_EQ(kills[0].levels[0].path, "/docker/4f1c");
  EXPECT_EQ(Read({"oom-kill:constraint=CONSTRAINT_MEMCG,oom_memcg=/a,task_memcg=/a,"
                  "task=,task_memcg=/z,pid=5,uid=0",
                  "Killed process 5 (,task_memcg=/z) total-vm:1kB"})[0]
                .levels[0]
                .path,
            "/a");
}

TEST(OomReport, BrokenLines) {
  for (const char* line :
       {"", "oom-kill:constraint=", "oom-kill:constraint=,task_memcg=,task=,pid=",
        "oom-kill:constraint=,pid=3,task=,task_memcg=", "Killed process ", "Killed process x (y)",
        "Killed process 3 ) total-vm:(", "Killed process -3 (y) total-vm:1",
        "Killed process 99999999999 (y) total-vm:1", "Task in ", "Tasks in ",
        "Task in x killed as a result of limit of ",
        "memory: usage 99999999999999999999kB, limit x"}) {
    EXPECT_TRUE(Read({line}).empty()) << line;
  }
}

}  // namespace
}  // namespace podtap::testimony
