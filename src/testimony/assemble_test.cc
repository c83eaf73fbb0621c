#include "testimony/assemble.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace podtap::testimony {
namespace {

constexpr int64_t kSecond = 1'000'000'000;
const std::string kId = "4f1c0de2a9b8" + std::string(52, '0');
constexpr int64_t kBoot = 1'700'000'000 * kSecond;  // unix time of the boot
// The machine has slept for ten seconds: CLOCK_MONOTONIC lags behind.
const Moment kNow{
    .unix_ns = kBoot + 5000 * kSecond, .boot_ns = 5000 * kSecond, .monotonic_ns = 4990 * kSecond};
constexpr int64_t kEnd = 4000 * kSecond;  // since boot

LastEnd Ended(int code = 137) {
  LastEnd end;
  end.container.id.value = kId;
  end.container.name = "web";
  end.container.last_exit =
      container::RuntimeExit{.exit_code = code, .finished_unix_ns = kBoot + kEnd};
  end.unix_ns = kBoot + kEnd;
  return end;
}

KernelLine Kernel(int64_t boot_ns, std::string text) {
  return {.monotonic_ns = boot_ns - 10 * kSecond, .text = std::move(text)};
}

template <typename T>
std::vector<std::pair<int64_t, T>> All(const store::Death& death) {
  std::vector<std::pair<int64_t, T>> found;
  for (const store::Row& row : death.rows) {
    if (const T* fact = std::get_if<T>(&row.fact)) found.emplace_back(row.at.value, *fact);
  }
  return found;
}

const store::Asked* Find(const store::Death& death, std::string_view source) {
  const auto found = std::ranges::find(death.asked, source, &store::Asked::source);
  return found == death.asked.end() ? nullptr : &*found;
}

TEST(Assemble, NothingBeyondTheRuntimesRecord) {
  const store::Death death = Assemble(Ended(), {}, kNow);
  EXPECT_EQ(death.at.value, kEnd);
  EXPECT_EQ(death.real_minus_boot_ns, kBoot);
  EXPECT_EQ(death.runtime_exit->exit_code, 137);
  EXPECT_FALSE(death.watched);
  EXPECT_FALSE(death.exit_status.has_value());
  EXPECT_TRUE(death.rows.empty());
  ASSERT_EQ(death.gaps.size(), 1U);
  EXPECT_EQ(death.gaps[0].kind, store::Gap::Kind::kNotRecording);
}

TEST(Assemble, TheKernelsLog) {
  Answers answers;
  answers.kernel_log = KernelLog{
      .lines = {Kernel(kEnd - kSecond, "memory: usage 20480kB, limit 20480kB, failcnt 61"),
                Kernel(kEnd - kSecond, "oom-kill:constraint=CONSTRAINT_MEMCG,oom_memcg=/docker/" +
                                           kId + ",task_memcg=/docker/" + kId +
                                           ",task=x,pid=5,uid=0"),
                Kernel(kEnd - kSecond,
                       "Memory cgroup out of memory: Killed process 5 (x) total-vm:1kB"),
                // Another's.
                Kernel(kEnd,
                       "oom-kill:constraint=CONSTRAINT_MEMCG,oom_memcg=/b,task_memcg=/b,task=y,"
                       "pid=6,uid=0"),
                Kernel(kEnd, "Memory cgroup out of memory: Killed process 6 (y) total-vm:1kB"),
                Kernel(kEnd, "web[9]: segfault at 8 ip 0 sp 0 error 4"),
                Kernel(kEnd - 100 * kSecond, "web[8]: segfault at 8 ip 0 sp 0 error 4")},
      .begins_monotonic_ns = 0};
  const store::Death death = Assemble(Ended(), answers, kNow);
  const auto kills = All<store::OomKill>(death);
  ASSERT_EQ(kills.size(), 1U);
  EXPECT_EQ(kills[0].first, kEnd - kSecond);
  EXPECT_EQ(kills[0].second.victim.pid.value, 5);
  const auto lines = All<store::LogLine>(death);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].second.source, "kernel log");
  EXPECT_NE(lines[1].second.text.find("web[9]"), std::string::npos);
  EXPECT_EQ(Find(death, store::kAskedKernelLog)->from.value, 10 * kSecond);
  EXPECT_EQ(Find(death, store::kAskedKernelLog)->problem, "");
}

// What the ring has forgotten the journal may have.
TEST(Assemble, TheKernelsWordsInTheJournal) {
  const std::string killed = "Memory cgroup out of memory: Killed process 5 (x) total-vm:1kB";
  const std::string summary = "oom-kill:constraint=CONSTRAINT_MEMCG,oom_memcg=/docker/" + kId +
                              ",task_memcg=/docker/" + kId + ",task=x,pid=5,uid=0";
  Answers answers;
  Journal journal;
  for (const std::string& text : {summary, killed}) {
    journal.entries.push_back({.unix_ns = kBoot + kEnd, .kernel = true, .message = text});
  }
  answers.journal = journal;
  answers.kernel_log = KernelLog{.lines = {}, .begins_monotonic_ns = kEnd};
  EXPECT_EQ(All<store::OomKill>(Assemble(Ended(), answers, kNow)).size(), 1U);
  // And what both have counts once.
  answers.kernel_log =
      KernelLog{.lines = {Kernel(kEnd, summary), Kernel(kEnd, killed)}, .begins_monotonic_ns = 0};
  EXPECT_EQ(All<store::OomKill>(Assemble(Ended(), answers, kNow)).size(), 1U);
}

TEST(Assemble, WhoDidNotAnswer) {
  Answers answers;
  answers.kernel_log = std::unexpected(SystemError("read", "/dev/kmsg", EPERM));
  answers.events = std::unexpected(SystemError("ask", "/docker.sock", ETIMEDOUT));
  answers.journal = std::unexpected(Error{.reason = "no answer within the time allowed"});
  const store::Death death = Assemble(Ended(), answers, kNow);
  for (const std::string_view source :
       {store::kAskedKernelLog, store::kAskedRuntimeEvents, store::kAskedJournal}) {
    ASSERT_NE(Find(death, source), nullptr) << source;
    EXPECT_NE(Find(death, source)->problem, "") << source;
    EXPECT_EQ(Find(death, source)->to.value, 0) << source;
  }
}

TEST(Assemble, TheRuntimesEvents) {
  LastEnd end = Ended();
  end.container.last_exit.reset();  // it runs again
  container::EventHistory history;
  const auto add = [&](const std::string& id, const char* action, int64_t at, int code = 0) {
    container::RuntimeEvent event;
    event.action = action;
    event.container.value = id;
    event.time_unix_ns = kBoot + at;
    event.exit_code = code;
    history.events.push_back(event);
  };
  add(kId, "start", kEnd - 30 * kSecond);
  add("another", "die", kEnd, 5);
  add(kId, "kill", kEnd - kSecond);
  add(kId, "die", kEnd, 143);
  add(kId, "start", kEnd + 10 * kSecond);
  add(kId, "die", kEnd + 20 * kSecond, 7);
  history.begins_unix_ns = kBoot + kEnd - 30 * kSecond;
  Answers answers;
  answers.events = history;
  const store::Death death = Assemble(end, answers, kNow);
  ASSERT_TRUE(death.runtime_exit.has_value());
  EXPECT_EQ(death.runtime_exit->exit_code, 143);
  const auto said = All<store::RuntimeSaid>(death);
  ASSERT_EQ(said.size(), 3U);
  EXPECT_EQ(said[2].second.action, "die");
  EXPECT_EQ(Find(death, store::kAskedRuntimeEvents)->from.value, kEnd - 30 * kSecond);
}

TEST(Assemble, TheJournal) {
  Answers answers;
  Journal journal;
  const auto add = [&](const std::string& unit, const std::string& identifier,
                       const std::string& message, int64_t at = kEnd) {
    journal.entries.push_back(
        {.unix_ns = kBoot + at, .unit = unit, .identifier = identifier, .message = message});
  };
  add("containerd.service", "containerd",
      "level=info msg=\"TaskExit event &TaskExit{ContainerID:" + kId + ",ID:" + kId +
          ",Pid:7942,ExitStatus:137,}\"");
  add("containerd.service", "containerd", "something about another");
  add("earlyoom.service", "earlyoom", "sending SIGTERM to process 7942 uid 0 \"web\": x");
  add("evil.service", "containerd", "StopContainer for " + kId);
  add("containerd.service", "containerd", "long ago " + kId, kEnd - 1000 * kSecond);
  Coredump ours{.pid = 7942, .signal = 11, .comm = "web", .exe = "/web", .cgroup = "/a/" + kId};
  Coredump others = ours;
  others.cgroup = "/a/b";
  for (const Coredump& core : {ours, others}) {
    journal.entries.push_back({.unix_ns = kBoot + kEnd, .coredump = core});
  }
  answers.journal = journal;
  const store::Death death = Assemble(Ended(), answers, kNow);
  EXPECT_EQ(death.init.pid.value, 7942);
  const auto lines = All<store::LogLine>(death);
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_TRUE(lines[1].second.text.starts_with("earlyoom: sending SIGTERM"));
  EXPECT_EQ(lines[2].second.text,
            "systemd-coredump: pid=7942 sig=11 cgroup=/a/" + kId + " comm=web");
}

TEST(Assemble, PidsOfContainerdsLog) {
  EXPECT_EQ(
      PidInTaskExit(R"(msg="TaskExit event &TaskExit{ContainerID:4f,ID:4f,Pid:211974,)", "4f"),
      211974);
  EXPECT_EQ(PidInTaskExit(R"(msg="TaskExit event container_id:\"4f\" id:\"4f\" pid:4020 e")", "4f"),
            4020);
  EXPECT_EQ(
      PidInTaskExit(R"(msg="received exit event container_id:\"4f\" id:\"4f\" pid:5 x")", "4f"), 5);
  // Of a process that was run in it, and of another container.
  EXPECT_EQ(PidInTaskExit(R"(msg="TaskExit event &TaskExit{ContainerID:4f,ID:aa,Pid:1,)", "4f"), 0);
  EXPECT_EQ(PidInTaskExit(R"(msg="TaskExit event container_id:\"5f\" id:\"5f\" pid:1")", "4f"), 0);
  EXPECT_EQ(PidInTaskExit("TaskExit", ""), 0);
  EXPECT_EQ(PidInTaskExit("TaskExit ContainerID:4f,ID:4f,Pid:x", "4f"), 0);
}

TEST(Assemble, TheKubeletsWords) {
  LastEnd end = Ended();
  end.container.pod = {.name = "web-0", .ns = "default", .uid = "", .sandbox = ""};
  Answers answers;
  answers.kubelet_source = "/var/log/kubelet.log";
  answers.kubelet_file = KubeletLog{
      .words = {{.unix_ns = kBoot + kEnd - kSecond,
                 .reason = "deletion",
                 .pods = {{.name = "web-0", .ns = "default", .uid = "", .sandbox = ""}}},
                {.unix_ns = kBoot + kEnd,
                 .reason = "deletion",
                 .pods = {{.name = "web-1", .ns = "default", .uid = "", .sandbox = ""}}}},
      .records = 2,
      .begins_unix_ns = kBoot};
  answers.kubelet_pods.push_back({0, {.reason = "eviction", .after = true}});
  const store::Death death = Assemble(end, answers, kNow);
  const auto said = All<store::KubeletSaid>(death);
  ASSERT_EQ(said.size(), 2U);
  EXPECT_EQ(said[0].first, kEnd - kSecond);
  EXPECT_EQ(said[0].second.source, "/var/log/kubelet.log");
  EXPECT_EQ(said[1].first, kEnd);  // without a time of its own
}

TEST(Assemble, ALogWithoutEndIsCutOff) {
  Answers answers;
  KernelLog log;
  for (int i = 0; i < 10'000; i++) {
    log.lines.push_back(Kernel(kEnd, "web[9]: segfault at 8 " + std::string(5000, 'x')));
  }
  answers.kernel_log = log;
  const auto lines = All<store::LogLine>(Assemble(Ended(), answers, kNow));
  EXPECT_EQ(lines.size(), 256U);
  EXPECT_LT(lines[0].second.text.size(), 700U);
}

}  // namespace
}  // namespace podtap::testimony
