#include "recorder/recorder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace podtap::recorder {
namespace {

using store::SignalSent;
using testing::ElementsAre;
using testing::SizeIs;

constexpr int64_t kSecond = 1'000'000'000;
const std::string kPath = "/docker/4f00";
const cgroup::CgroupId kHost{1}, kContainer{77};

BootNs At(double seconds) { return {static_cast<int64_t>(seconds * kSecond)}; }
ProcessKey Key(int32_t pid, double start) { return {{pid}, {At(start).value + 123}}; }

class FakeNode : public Node {
 public:
  std::vector<ProcStat> Processes() override { return stats; }
  std::optional<store::Process> ReadProcess(const ProcessKey& key) override {
    const auto found = processes.find(key.pid.value);
    if (found == processes.end()) return std::nullopt;
    return found->second;
  }
  std::string Environment(int32_t pid, std::string_view name) override {
    return name == "SSH_CONNECTION" ? ssh[pid] : "";
  }
  std::vector<Cgroup> Cgroups() override { return cgroups; }
  std::vector<int32_t> ProcessesIn(const std::string& path) override { return members[path]; }
  Membership MembershipOf(std::string_view path) override {
    const size_t at = path.find("/docker/");
    if (at == std::string_view::npos) {
      return {.unit = path == "/system.slice/cron.service" ? "cron.service" : ""};
    }
    const std::string id(path.substr(at + 8, 4));
    return {.runtime = container::RuntimeKind::kDocker,
            .container = {id},
            .container_path = "/docker/" + id};
  }
  std::optional<store::MemoryCounters> Memory(const std::string& path) override {
    if (!ooms_local.contains(path)) return std::nullopt;
    return store::MemoryCounters{.cgroup_path = path, .ooms_local = ooms_local[path]};
  }

  std::vector<ProcStat> stats;
  std::map<int32_t, store::Process> processes;
  std::map<int32_t, std::string> ssh;
  std::vector<Cgroup> cgroups = {{kHost, "/"}};
  std::map<std::string, std::vector<int32_t>> members;
  std::map<std::string, uint64_t> ooms_local;
};

class Seen : public Observer {
 public:
  void OnStarted(const Life& life) override { started.push_back(life.container.id.value); }
  void OnFact(const Life&, const store::Row& row) override { facts.push_back(row); }
  void OnNewContainer(const Membership& membership) override {
    unknown.push_back(membership.container.value);
  }
  void OnDying(const Life& life) override { dying.push_back(life.container.id.value); }
  void OnOutsider(const Life&, const SignalSent& sent) override { outsiders.push_back(sent); }
  void OnDeath(const Life&, store::Death death) override { deaths.push_back(std::move(death)); }
  void OnIncident(store::Death death) override { incidents.push_back(std::move(death)); }

  std::vector<std::string> started, unknown, dying;
  std::vector<store::Row> facts;
  std::vector<SignalSent> outsiders;
  std::vector<store::Death> deaths, incidents;
};

class RecorderTest : public testing::Test {
 protected:
  // A container that starts under the watch: its cgroup, runc's work, its program.
  void Start(double at = 10, ProcessKey init = Key(500, 10)) {
    recorder_.OnCgroup(At(at), {.cgroup = kContainer, .path = kPath});
    recorder_.OnBorn(At(at), {.process = init,
                              .parent = Key(400, 9),
                              .comm = "runc",
                              .ns_pid = 1,
                              .cgroup = kContainer});
    recorder_.OnExecuted(At(at + 0.01), {.process = init,
                                         .comm = "6",
                                         .file = "/proc/self/fd/6",
                                         .exe = "/memfd:runc_cloned:/proc/self/exe",
                                         .cgroup = kContainer});
    recorder_.OnExecuted(At(at + 0.02), {.process = init,
                                         .comm = "server",
                                         .file = "/bin/server",
                                         .exe = "/bin/server",
                                         .args = {"server"},
                                         .ns_pid = 1,
                                         .cgroup = kContainer});
    init_ = init;
  }
  void Signal(double at, ProcessKey sender, ProcessKey target, int32_t signal = 9,
              SignalSent::Info info = SignalSent::Info::kReal) {
    recorder_.OnSignal(At(at),
                       {.signal = signal,
                        .info = info,
                        .to_group = true,
                        .sender = sender,
                        .sender_comm = "pkill",
                        .sender_cgroup = kHost,
                        .call = 62,
                        .target = target,
                        .target_comm = "server",
                        .target_cgroup = kContainer},
                       1);
  }
  void Exit(double at, ProcessKey process, int32_t status) {
    recorder_.OnExited(At(at), {.process = process,
                                .comm = "server",
                                .cgroup = kContainer,
                                .status = status,
                                .by_group = true});
  }

  FakeNode node_;
  Seen seen_;
  Recorder recorder_{node_, seen_};
  ProcessKey init_;
};

TEST_F(RecorderTest, FollowsAContainerFromItsCgroupToItsDeath) {
  recorder_.Prime(At(1));
  Start();
  EXPECT_THAT(seen_.unknown, ElementsAre("4f00"));
  EXPECT_THAT(seen_.started, ElementsAre("4f00"));
  recorder_.Adopt(At(10.1), {.runtime = container::RuntimeKind::kDocker,
                             .id = {"4f00"},
                             .name = "web",
                             .state = container::State::kRunning,
                             .init_pid = 500,
                             .cgroup_path = kPath});
  const ProcessKey killer = Key(900, 20);
  recorder_.OnBorn(At(20),
                   {.process = killer, .parent = Key(800, 5), .comm = "bash", .cgroup = kHost});
  recorder_.OnExecuted(At(20.001), {.process = killer,
                                    .comm = "pkill",
                                    .file = "/bin/pkill",
                                    .exe = "/usr/bin/pgrep",
                                    .args = {"pkill", "server"},
                                    .cwd = "/root",
                                    .cgroup = kHost});
  Signal(20.002, killer, init_);
  Exit(20.003, init_, 9);
  recorder_.OnExited(At(20.004), {.process = killer, .comm = "pkill", .cgroup = kHost});
  EXPECT_THAT(seen_.dying, ElementsAre("4f00"));
  EXPECT_THAT(seen_.outsiders, SizeIs(1));

  EXPECT_EQ(recorder_.Tick(At(20.005)), At(20.023));
  EXPECT_THAT(seen_.deaths, SizeIs(0));
  EXPECT_EQ(recorder_.Tick(At(20.1)), At(21.503));
  recorder_.OnRuntimeExit(At(20.2),
                          {.id = {"4f00"}, .last_exit = container::RuntimeExit{.exit_code = 137}});
  EXPECT_EQ(recorder_.Tick(At(20.2)), std::nullopt);

  ASSERT_THAT(seen_.deaths, SizeIs(1));
  const store::Death& death = seen_.deaths[0];
  EXPECT_EQ(death.container.name, "web");
  EXPECT_EQ(death.init, init_);
  EXPECT_EQ(death.exit_status, 9);
  EXPECT_EQ(death.runtime_exit->exit_code, 137);
  EXPECT_TRUE(death.watched);
  EXPECT_TRUE(death.gaps.empty());
  const store::Process* process = death.Find(killer);
  ASSERT_NE(process, nullptr);
  EXPECT_EQ(process->exe, "/usr/bin/pgrep");
  EXPECT_EQ(process->cwd, "/root");
  EXPECT_EQ(process->parent, Key(800, 5));
  EXPECT_TRUE(process->exited.has_value());
  ASSERT_NE(death.Find(Key(800, 5)), nullptr);
  EXPECT_EQ(death.Find(init_)->container.value, "4f00");
  EXPECT_EQ(recorder_.life_count(), 0u);
}

TEST_F(RecorderTest, ARuntimeThatDoesNotAnswerIsNotWaitedForForEver) {
  Start();
  Exit(20, init_, 0);
  recorder_.Tick(At(21));
  EXPECT_THAT(seen_.deaths, SizeIs(0));
  recorder_.Tick(At(21.5));
  ASSERT_THAT(seen_.deaths, SizeIs(1));
  EXPECT_FALSE(seen_.deaths[0].runtime_exit.has_value());
  EXPECT_EQ(seen_.deaths[0].exit_status, 0);
}

TEST_F(RecorderTest, ARunningContainerIsAdoptedWithItsFirstProcess) {
  node_.stats = {{.pid = 1, .comm = "init"},
                 {.pid = 500, .parent = 1, .start = At(3), .comm = "server"},
                 {.pid = 501, .parent = 500, .start = At(4), .comm = "worker"}};
  node_.cgroups.push_back({kContainer, kPath});
  node_.members[kPath] = {501, 500};
  recorder_.Prime(At(10));
  recorder_.Adopt(At(10), {.runtime = container::RuntimeKind::kDocker,
                           .id = {"4f00"},
                           .name = "web",
                           .state = container::State::kRunning,
                           .cgroup_path = kPath});
  EXPECT_THAT(seen_.started, ElementsAre("4f00"));
  // The kernel's start is exact, /proc's was rounded.
  Exit(10.5, Key(500, 3), 9);
  recorder_.Flush(At(11));
  ASSERT_THAT(seen_.deaths, SizeIs(1));
  EXPECT_EQ(seen_.deaths[0].init.pid.value, 500);
  EXPECT_FALSE(seen_.deaths[0].watched) << "its cause may lie before the watch";
}

TEST_F(RecorderTest, AContainerThatRestartsLivesAgain) {
  Start();
  Exit(20, init_, 9);
  recorder_.OnCgroup(
      At(20.1),
      {.what = store::CgroupChanged::What::kRemoved, .cgroup = kContainer, .path = kPath});
  // The new life begins before the old one is told.
  recorder_.OnCgroup(At(20.2), {.cgroup = {78}, .path = kPath});
  recorder_.OnExecuted(At(20.3), {.process = Key(600, 20.2),
                                  .comm = "server",
                                  .file = "/bin/server",
                                  .exe = "/bin/server",
                                  .cgroup = {78}});
  EXPECT_THAT(seen_.started, ElementsAre("4f00", "4f00"));
  recorder_.Tick(At(30));
  ASSERT_THAT(seen_.deaths, SizeIs(1));
  EXPECT_EQ(seen_.deaths[0].init, init_);
  recorder_.OnExited(At(40), {.process = Key(600, 20.2), .cgroup = {78}, .status = 256});
  recorder_.Tick(At(50));
  ASSERT_THAT(seen_.deaths, SizeIs(2));
  EXPECT_EQ(seen_.deaths[1].init, Key(600, 20.2));
  EXPECT_EQ(seen_.deaths[1].exit_status, 256);
}

TEST_F(RecorderTest, WhatItsCgroupAloneTellsTakesNoNameAway) {
  Start();
  container::Container told{.runtime = container::RuntimeKind::kDocker,
                            .id = {"4f00"},
                            .name = "web",
                            .state = container::State::kRunning,
                            .init_pid = init_.pid.value,
                            .cgroup_path = kPath};
  recorder_.Adopt(At(10.1), told);
  // Its runtime was asked again, and was gone.
  told.name.clear();
  recorder_.Adopt(At(11), told);
  Exit(20, init_, 9);
  recorder_.Tick(At(30));
  ASSERT_THAT(seen_.deaths, SizeIs(1));
  EXPECT_EQ(seen_.deaths[0].container.name, "web");
}

TEST_F(RecorderTest, AnEventOfItsRuntimeTellsTheNameOfOneThatWasGoneAtOnce) {
  // Before its cgroup is there.
  recorder_.OnNamed({.action = "create", .container = {"4f00"}, .name = "web"});
  Start();
  Exit(20, init_, 9);
  recorder_.Tick(At(30));
  ASSERT_THAT(seen_.deaths, SizeIs(1));
  EXPECT_EQ(seen_.deaths[0].container.name, "web");
}

TEST_F(RecorderTest, ARenamedContainerHasItsNewName) {
  Start();
  recorder_.OnNamed({.action = "start", .container = {"4f00"}, .name = "old"});
  recorder_.OnNamed({.action = "rename", .container = {"4f00"}, .name = "new"});
  recorder_.OnNamed({.action = "kill", .container = {"4f00"}, .name = "late"});
  Exit(20, init_, 9);
  recorder_.Tick(At(30));
  ASSERT_THAT(seen_.deaths, SizeIs(1));
  EXPECT_EQ(seen_.deaths[0].container.name, "new");
}

TEST_F(RecorderTest, ARemovalBeginsNoLife) {
  // Thousands may die before the cgroup of the first is removed.
  constexpr uint64_t kMany = 3000;
  for (uint64_t i = 0; i < kMany; i++) {
    const std::string path = "/docker/" + std::to_string(1000 + i);
    const cgroup::CgroupId cgroup{100 + i};
    recorder_.OnCgroup(At(10), {.cgroup = cgroup, .path = path});
    const ProcessKey process = Key(static_cast<int32_t>(1000 + i), 10);
    recorder_.OnExecuted(
        At(10), {.process = process, .comm = "sleep", .file = "/bin/sleep", .cgroup = cgroup});
    recorder_.OnExited(At(11), {.process = process, .cgroup = cgroup, .status = 9});
  }
  recorder_.Tick(At(30));
  ASSERT_THAT(seen_.deaths, SizeIs(kMany));
  for (uint64_t i = 0; i <= kMany; i++) {  // and one that nobody had seen
    const std::string path = "/docker/" + std::to_string(1000 + i);
    recorder_.OnCgroup(
        At(31), {.what = store::CgroupChanged::What::kRemoved, .cgroup = {100 + i}, .path = path});
  }
  recorder_.Tick(At(60));
  EXPECT_THAT(seen_.deaths, SizeIs(kMany));
}

TEST_F(RecorderTest, AContainerThatNeverRanItsProgramDiesWithoutAnInit) {
  recorder_.OnCgroup(At(10), {.cgroup = kContainer, .path = kPath});
  recorder_.OnExecuted(
      At(10.01),
      {.process = Key(500, 10), .comm = "6", .file = "/proc/self/exe", .cgroup = kContainer});
  recorder_.OnExited(
      At(10.1),
      {.process = Key(500, 10), .comm = "runc:[2:INIT]", .cgroup = kContainer, .status = 256});
  recorder_.OnCgroup(
      At(10.1),
      {.what = store::CgroupChanged::What::kEmptied, .cgroup = kContainer, .path = kPath});
  recorder_.Tick(At(20));
  ASSERT_THAT(seen_.deaths, SizeIs(1));
  EXPECT_FALSE(seen_.deaths[0].init.known());
  EXPECT_FALSE(seen_.deaths[0].exit_status.has_value());
  EXPECT_THAT(seen_.started, SizeIs(0));
}

TEST_F(RecorderTest, AProcessAloneIsFollowedWithItsDescendants) {
  node_.stats = {{.pid = 1, .comm = "init"},
                 {.pid = 70, .parent = 1, .start = At(3), .comm = "shell"}};
  recorder_.Prime(At(10));
  ASSERT_TRUE(recorder_.Follow(At(10), 70).has_value());
  EXPECT_FALSE(recorder_.Follow(At(10), 71).has_value());
  const ProcessKey shell = Key(70, 3), child = Key(80, 12);
  recorder_.OnBorn(At(12), {.process = child, .parent = shell, .comm = "shell", .cgroup = kHost});
  recorder_.OnSignal(At(13),
                     {.signal = 9,
                      .info = SignalSent::Info::kReal,
                      .sender = Key(90, 1),
                      .sender_cgroup = kHost,
                      .target = child,
                      .target_cgroup = kHost},
                     1);
  recorder_.OnSignal(At(13),
                     {.signal = 9,
                      .info = SignalSent::Info::kReal,
                      .sender = Key(90, 1),
                      .sender_cgroup = kHost,
                      .target = Key(99, 1),
                      .target_cgroup = kHost},
                     1);
  recorder_.OnExited(At(13.1), {.process = child, .cgroup = kHost, .status = 9});
  recorder_.OnExited(At(13.2), {.process = shell, .cgroup = kHost, .status = 137 << 8});
  recorder_.Tick(At(14));
  ASSERT_THAT(seen_.deaths, SizeIs(1));
  EXPECT_EQ(seen_.deaths[0].container.name, "pid:70");
  EXPECT_THAT(seen_.deaths[0].rows, SizeIs(3));
}

TEST_F(RecorderTest, TheSshPeerIsReadFromTheNearestLivingAncestor) {
  Start();
  const ProcessKey sshd = Key(700, 2), shell = Key(701, 3), killer = Key(900, 20);
  recorder_.OnBorn(At(2), {.process = sshd, .parent = Key(1, 0), .comm = "sshd"});
  recorder_.OnBorn(At(3), {.process = shell, .parent = sshd, .comm = "bash"});
  recorder_.OnBorn(At(20), {.process = killer, .parent = shell, .comm = "pkill"});
  node_.ssh[701] = "10.0.0.7 51514 10.0.0.1 22";
  Signal(20.1, killer, init_);
  Exit(20.2, init_, 9);
  recorder_.Tick(At(30));
  ASSERT_THAT(seen_.deaths, SizeIs(1));
  EXPECT_EQ(seen_.deaths[0].Find(killer)->ssh_from, "10.0.0.7:51514");
}

TEST_F(RecorderTest, OomLevelsGetTheirPathsAndWhatWasBefore) {
  node_.ooms_local["/docker"] = 0;
  node_.ooms_local[kPath] = 4;
  Start();
  const auto level = [&](uint32_t depth, std::string name, uint64_t ooms) {
    recorder_.OnOomLevel(
        At(20),
        {.victim = init_, .depth = depth, .name = std::move(name), .level = {.ooms = ooms}});
  };
  level(0, "4f00", 5);
  level(1, "docker", 0);
  level(2, "", 0);
  recorder_.OnOom(At(20), {.victim = init_, .comm = "server", .cgroup = kContainer});
  Exit(20.1, init_, 9);
  recorder_.Tick(At(30));
  ASSERT_THAT(seen_.deaths, SizeIs(1));
  const store::OomKill* oom = nullptr;
  for (const store::Row& row : seen_.deaths[0].rows) {
    if (const auto* found = std::get_if<store::OomKill>(&row.fact)) oom = found;
  }
  ASSERT_NE(oom, nullptr);
  ASSERT_THAT(oom->levels, SizeIs(3));
  EXPECT_EQ(oom->levels[0].path, kPath);
  EXPECT_EQ(oom->levels[0].ooms_before, 4u);
  EXPECT_EQ(oom->levels[1].path, "/docker");
  EXPECT_EQ(oom->levels[2].path, "/");
}

TEST_F(RecorderTest, AFaultGetsTheMappingThatWasToldBefore) {
  Start();
  recorder_.OnMapped(At(20), {.process = init_, .mapping = {.path = "/lib/libc.so.6"}});
  recorder_.OnSignal(At(20),
                     {.signal = 11,
                      .info = SignalSent::Info::kReal,
                      .code = 1,
                      .sender = init_,
                      .sender_cgroup = kContainer,
                      .target = init_,
                      .target_cgroup = kContainer,
                      .instruction = 0x1000},
                     1);
  ASSERT_FALSE(seen_.facts.empty());
  const auto* sent = std::get_if<SignalSent>(&seen_.facts.back().fact);
  ASSERT_NE(sent, nullptr);
  ASSERT_TRUE(sent->mapping.has_value());
  EXPECT_EQ(sent->mapping->path, "/lib/libc.so.6");
}

TEST_F(RecorderTest, LostEventsWeakenTheDeathsOfTheirTime) {
  Start();
  recorder_.OnLost(At(19), At(20), 7);
  Exit(20.5, init_, 9);
  recorder_.Tick(At(30));
  ASSERT_THAT(seen_.deaths, SizeIs(1));
  ASSERT_THAT(seen_.deaths[0].gaps, SizeIs(1));
  EXPECT_EQ(seen_.deaths[0].gaps[0].count, 7u);
}

TEST_F(RecorderTest, AStormOfSignalsKeepsItsBoundsAndIsCounted) {
  Start();
  for (int i = 0; i < 10'000; i++) Signal(20 + i * 0.0001, Key(900 + i, 15), Key(501, 11), 15);
  Signal(21.5, Key(5, 5), init_, 9);
  Exit(21.6, init_, 9);
  recorder_.Tick(At(30));
  ASSERT_THAT(seen_.deaths, SizeIs(1));
  EXPECT_LE(seen_.deaths[0].rows.size(), Life::kMostRows + 64);
  ASSERT_THAT(seen_.deaths[0].gaps, SizeIs(1));
  EXPECT_GT(seen_.deaths[0].gaps[0].count, 7000u);
}

TEST_F(RecorderTest, AStopSignalOfLongAgoIsStillThere) {
  Start();
  Signal(20, Key(900, 15), init_, 15);
  for (int i = 0; i < 100; i++) Signal(21 + i, Key(901, 15), Key(501, 11), 1);
  Exit(150, init_, 9);
  recorder_.Tick(At(200));
  ASSERT_THAT(seen_.deaths, SizeIs(1));
  const auto* sent = std::get_if<SignalSent>(&seen_.deaths[0].rows.front().fact);
  ASSERT_NE(sent, nullptr);
  EXPECT_EQ(sent->signal, 15);
}

}  // namespace
}  // namespace podtap::recorder
