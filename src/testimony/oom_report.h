// The kernel's report of an OOM kill, a few lines of its log → one fact.
//
// mm/oom_kill.c since Linux 4.19, within other lines:
//   memory: usage 20480kB, limit 20480kB, failcnt 61
//   oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,
//     oom_memcg=/docker/4f…,task_memcg=/docker/4f…,task=server,pid=7942,uid=0
//   Memory cgroup out of memory: Killed process 7942 (server) total-vm:59084kB,
//     anon-rss:19200kB, file-rss:4kB, shmem-rss:0kB, UID:0 pgtables:84kB oom_score_adj:0
// A node out of memory has "global_oom" in place of oom_memcg. With memory.oom.group, and
// before the kills of the group:
//   Tasks in /docker/4f… are going to be killed due to memory.oom.group set
// Before 4.19:
//   Task in /docker/4f… killed as a result of limit of /docker/4f…
//   Memory cgroup out of memory: Kill process 7942 (server) score 998 or sacrifice child
//   Killed process 7942 (server) total-vm:59084kB, anon-rss:19200kB, file-rss:4kB
// The kernel holds one lock over all of it, so that reports don't mix.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "store/evidence.h"

namespace podtap::testimony {

class OomReader {
 public:
  // Line by line, in their order. A victim when the line completes one: levels are its own
  // memory cgroup first and, if it is another, that whose limit ran out, `locked`. None
  // where the log doesn't say whose memory it was.
  std::optional<store::OomKill> Add(std::string_view line);

 private:
  void ReadUsage(std::string_view line);
  void ReadSummary(std::string_view line);
  void ReadOldSummary(std::string_view line);
  std::optional<store::OomKill> ReadVictim(std::string_view line);

  store::OomKill::Level limit_;  // usage and limit of the report at hand
  std::optional<store::OomKill> summary_;
  std::string group_;  // whose group is being killed
};

}  // namespace podtap::testimony
