#include "recorder/lineage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace podtap::recorder {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

BootNs At(int64_t ms) { return {ms * 1'000'000}; }
ProcessKey Key(int32_t pid, int64_t start_ms) { return {{pid}, {start_ms * 1'000'000 + 123}}; }

Born Birth(ProcessKey process, ProcessKey parent, std::string comm = "sh") {
  return {.process = process, .parent = parent, .comm = std::move(comm)};
}

void End(Lineage& lineage, ProcessKey key, int64_t at_ms, int32_t status = 0) {
  lineage.OnExited({at_ms * 1'000'000}, {.process = key, .comm = "", .status = status});
}

TEST(Lineage, AncestorsThatEndedAreKept) {
  Lineage lineage;
  const ProcessKey shell = Key(10, 100), middle = Key(11, 200), daemon = Key(12, 300);
  lineage.OnBorn(Birth(shell, Key(1, 0), "bash"));
  lineage.OnBorn(Birth(middle, shell, "starter"));
  lineage.OnBorn(Birth(daemon, middle, "daemon"));
  End(lineage, middle, 310);
  End(lineage, shell, 320);
  EXPECT_THAT(lineage.Ancestors(daemon), ElementsAre(middle, shell, Key(1, 0)));
  EXPECT_TRUE(lineage.IsAncestor(shell, daemon));
  ASSERT_TRUE(lineage.Find(middle).has_value());
  EXPECT_EQ(lineage.Find(middle)->comm, "starter");
  EXPECT_EQ(lineage.Find(middle)->exited->value, 310'000'000);
  EXPECT_EQ(lineage.Find(daemon)->parent, middle);
}

TEST(Lineage, AncestorsOutliveTheRingOfTheEnded) {
  Lineage lineage;
  const ProcessKey parent = Key(10, 100), child = Key(11, 200);
  lineage.OnBorn(Birth(parent, Key(1, 0), "starter"));
  lineage.OnBorn(Birth(child, parent));
  End(lineage, parent, 300);
  for (int32_t i = 0; i < static_cast<int32_t>(Lineage::kEndedKept) + 100; i++) {
    const ProcessKey passing = Key(1000 + i, 1000 + i * 20);
    lineage.OnBorn(Birth(passing, Key(1, 0)));
    End(lineage, passing, 2000 + i * 20);
  }
  EXPECT_LE(lineage.size(), Lineage::kEndedKept + 4);
  ASSERT_TRUE(lineage.Find(parent).has_value());
  EXPECT_EQ(lineage.Find(parent)->comm, "starter");
  EXPECT_FALSE(lineage.Find(Key(1000, 1000)).has_value());
  // With its last descendant it goes, too.
  End(lineage, child, 10'000'000);
  for (int32_t i = 0; i < static_cast<int32_t>(Lineage::kEndedKept) + 1; i++) {
    const ProcessKey passing = Key(100'000 + i, 20'000'000 + i * 20);
    lineage.OnBorn(Birth(passing, Key(1, 0)));
    End(lineage, passing, 20'000'005 + i * 20);
  }
  EXPECT_FALSE(lineage.Find(parent).has_value());
}

TEST(Lineage, ANumberThatComesBackIsAnotherProcess) {
  Lineage lineage;
  const ProcessKey before = Key(10, 100), after = Key(10, 90'000);
  lineage.OnBorn(Birth(before, Key(1, 0), "first"));
  End(lineage, before, 500);
  lineage.OnBorn(Birth(after, Key(1, 0), "second"));
  EXPECT_EQ(lineage.Find(before)->comm, "first");
  EXPECT_EQ(lineage.Find(after)->comm, "second");
  EXPECT_EQ(lineage.Living(10), after);
}

TEST(Lineage, ALostEndIsNoLife) {
  Lineage lineage;
  const ProcessKey before = Key(10, 100), after = Key(10, 90'000);
  lineage.OnBorn(Birth(before, Key(1, 0)));
  lineage.OnBorn(Birth(after, Key(1, 0)));
  EXPECT_EQ(lineage.Living(10), after);
  EXPECT_TRUE(lineage.Find(before).has_value());
}

TEST(Lineage, ProcRoundsStartsAndTheKernelMakesThemExact) {
  Lineage lineage;
  lineage.Prime({{.pid = 1, .parent = 0, .start = {0}, .comm = "init"},
                 {.pid = 10, .parent = 1, .start = {100'000'000}, .comm = "bash"}});
  const ProcessKey exact{{10}, {103'456'789}};
  ASSERT_TRUE(lineage.Find(exact).has_value());
  EXPECT_EQ(lineage.Find(exact)->seen, store::Seen::kProc);
  lineage.Mention(exact, "other");
  EXPECT_EQ(lineage.Find(exact)->key, exact);
  EXPECT_EQ(lineage.Find(exact)->comm, "bash");
  lineage.OnBorn(Birth(Key(11, 200), exact));
  EXPECT_EQ(lineage.Ancestors(Key(11, 200)).front(), exact);
  EXPECT_FALSE(lineage.Find({{10}, {113'456'789}}).has_value());
}

TEST(Lineage, PrimingDoesNotOverrideWhatWasSeen) {
  Lineage lineage;
  const ProcessKey seen = Key(10, 100);
  lineage.OnBorn(Birth(seen, Key(9, 50), "true-parent's"));
  lineage.Prime({{.pid = 1, .parent = 0, .start = {0}, .comm = "init"},
                 {.pid = 10, .parent = 1, .start = {100'000'000}, .comm = "bash"}});
  EXPECT_EQ(lineage.Find(seen)->parent.pid.value, 9);
  EXPECT_EQ(lineage.Find(seen)->comm, "true-parent's");
}

TEST(Lineage, AReusedParentNumberIsNoParent) {
  Lineage lineage;
  lineage.Prime({{.pid = 20, .parent = 1, .start = {500'000'000}, .comm = "late"},
                 {.pid = 10, .parent = 20, .start = {100'000'000}, .comm = "early"}});
  EXPECT_THAT(lineage.Ancestors({{10}, {100'000'000}}), IsEmpty());
}

TEST(Lineage, AChildHasItsParentsProgramUntilItRunsItsOwn) {
  Lineage lineage;
  const ProcessKey parent = Key(10, 100), child = Key(11, 200);
  lineage.OnExecuted(At(300), {.process = parent,
                               .comm = "bash",
                               .exe = "/usr/bin/bash",
                               .args = {"bash", "-c", "x"},
                               .cwd = "/root",
                               .uid = 1000});
  lineage.OnBorn(Birth(child, parent, "bash"));
  EXPECT_EQ(lineage.Find(child)->exe, "/usr/bin/bash");
  lineage.OnExecuted(
      At(300),
      {.process = child, .comm = "x", .exe = "/memfd:x (deleted)", .exe_links = 0, .args = {"x"}});
  EXPECT_EQ(lineage.Find(child)->args, std::vector<std::string>{"x"});
  EXPECT_TRUE(lineage.Find(child)->exe_memfd);
  EXPECT_FALSE(lineage.Find(child)->exe_deleted);
  EXPECT_EQ(lineage.Find(parent)->exe, "/usr/bin/bash");
}

TEST(Lineage, ExecSeenBeforeForkKeepsItsProgram) {
  Lineage lineage;
  const ProcessKey parent = Key(10, 100), child = Key(11, 200);
  lineage.OnExecuted(At(300),
                     {.process = child, .comm = "kill", .exe = "/bin/kill", .args = {"kill"}});
  lineage.OnBorn(Birth(child, parent, "bash"));
  EXPECT_EQ(lineage.Find(child)->exe, "/bin/kill");
  EXPECT_EQ(lineage.Find(child)->parent, parent);
}

store::SignalSent Sent(const ProcessKey& sender, const char* comm, uint32_t uid) {
  return {.signal = 9,
          .sender = sender,
          .sender_tid = sender.pid.value,
          .sender_comm = comm,
          .sender_uid = uid};
}

TEST(Lineage, AKillerThatRunsAnotherProgramIsToldByTheOneThatKilled) {
  Lineage lineage;
  const ProcessKey killer = Key(11, 200);
  lineage.OnExecuted(At(300), {.process = killer, .comm = "miner", .exe = "/tmp/miner", .uid = 0});
  lineage.OnSent(Sent(killer, "miner", 1000));
  lineage.OnExecuted(At(500),
                     {.process = killer, .comm = "kubelet", .exe = "/bin/kubelet", .uid = 0});
  lineage.OnExited(At(600), {.process = killer, .comm = "kubelet"});
  const store::Process then = *lineage.FindSender(killer, At(400));
  EXPECT_EQ(then.comm, "miner");
  EXPECT_EQ(then.exe, "/tmp/miner");
  EXPECT_EQ(then.uid, 1000u);
  EXPECT_EQ(then.exited, At(600));
  EXPECT_EQ(lineage.FindSender(killer, At(550))->exe, "/bin/kubelet");
  EXPECT_EQ(lineage.Find(killer)->exe, "/bin/kubelet");
}

TEST(Lineage, ASendersNameAndUserAreThoseOfThatMoment) {
  Lineage lineage;
  const ProcessKey killer = Key(11, 200);
  lineage.OnExecuted(At(300),
                     {.process = killer, .comm = "python3", .exe = "/bin/python3", .uid = 0});
  store::SignalSent by_thread = Sent(killer, "worker", 33);
  by_thread.sender_tid = 12;
  lineage.OnSent(by_thread);
  EXPECT_EQ(lineage.Find(killer)->comm, "python3");  // a thread's name is not its process'
  lineage.OnSent(Sent(killer, "killer", 33));        // prctl(2)
  lineage.OnExited(At(600), {.process = killer, .comm = "innocent"});
  EXPECT_EQ(lineage.Find(killer)->comm, "killer");
  EXPECT_EQ(lineage.Find(killer)->uid, 33u);
}

TEST(Lineage, WhatALookFindsOfTheNextProgramIsNotTaken) {
  Lineage lineage;
  const ProcessKey key = Key(11, 200);
  lineage.OnExecuted(At(300), {.process = key, .exe = "/tmp/miner", .args = {"./miner"}});
  store::Process details;
  details.exe = "/bin/kubelet";
  details.args = {"/bin/kubelet"};
  details.sha256 = "of the kubelet";
  lineage.Complete(key, details);
  EXPECT_EQ(lineage.Find(key)->sha256, "");
  details.args = {"./miner"};  // a program may have several names
  lineage.Complete(key, details);
  EXPECT_EQ(lineage.Find(key)->sha256, "of the kubelet");
}

TEST(Lineage, DetailsFillInWhatIsNotKnown) {
  Lineage lineage;
  const ProcessKey key = Key(10, 100);
  lineage.Mention(key, "cron");
  store::Process details;
  details.seen = store::Seen::kProc;
  details.comm = "renamed";
  details.exe = "/usr/sbin/cron";
  details.uid = 0;
  details.tty = "pts/1";
  lineage.Complete(key, details);
  const store::Process process = *lineage.Find(key);
  EXPECT_EQ(process.comm, "cron");
  EXPECT_EQ(process.exe, "/usr/sbin/cron");
  EXPECT_EQ(process.uid, 0u);
  EXPECT_EQ(process.tty, "pts/1");
}

TEST(Lineage, AChainThatGrowsForEverIsCut) {
  Lineage lineage;
  for (int32_t i = 1; i < 50'000; i++) {
    lineage.OnBorn(Birth(Key(i + 1, (i + 1) * int64_t{20}), Key(i, i * int64_t{20})));
    End(lineage, Key(i, i * int64_t{20}), (i + 1) * int64_t{20} + 5);
  }
  EXPECT_EQ(lineage.Ancestors(Key(50'000, 1'000'000)).size(), 64u);
  EXPECT_LE(lineage.size(), Lineage::kEndedKept + 300);
}

}  // namespace
}  // namespace podtap::recorder
