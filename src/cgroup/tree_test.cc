#include "cgroup/tree.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>

#include "cgroup/fake_node.h"
#include "cgroup/membership.h"
#include "cgroup/memory.h"
#include "cgroup/walk.h"

namespace podtap::cgroup {
namespace {

class EveryVersion : public testing::TestWithParam<Version> {};
INSTANTIATE_TEST_SUITE_P(TreeTest, EveryVersion,
                         testing::Values(Version::kV1, Version::kV2, Version::kHybrid),
                         [](const auto& version) {
                           return std::string("Version_") + VersionName(version.param);
                         });

TEST_P(EveryVersion, PathToIdAndBack) {
  FakeNode node(GetParam());
  node.AddCgroup("/docker/a");
  node.AddCgroup("/docker/b");
  const auto tree = node.Open();
  EXPECT_EQ(tree->hierarchies().version, GetParam());
  const auto a = tree->Id("/docker/a");
  const auto b = tree->Id("/docker/b");
  ASSERT_TRUE(a && b);
  EXPECT_NE(a->value, 0u);
  EXPECT_NE(*a, *b);
  EXPECT_EQ(tree->Path(*a).value_or(""), "/docker/a");
  EXPECT_EQ(tree->Path(*b).value_or(""), "/docker/b");
  const auto memory = tree->IdIn(Hierarchy::kMemory, "/docker/a");
  ASSERT_TRUE(memory);
  EXPECT_EQ(tree->PathIn(Hierarchy::kMemory, *memory).value_or(""), "/docker/a");
}

TEST_P(EveryVersion, WhatIsntThere) {
  FakeNode node(GetParam());
  const auto tree = node.Open();
  const auto id = tree->Id("/docker/x");
  ASSERT_FALSE(id);
  EXPECT_EQ(id.error().error_number, ENOENT);
  EXPECT_EQ(id.error().Message(), "can't find cgroup /docker/x: No such file or directory");
  const auto path = tree->Path(CgroupId{1});
  ASSERT_FALSE(path);
  EXPECT_EQ(path.error().error_number, ENOENT);
  EXPECT_FALSE(PidsOf(*tree, "/docker/x"));
  EXPECT_FALSE(ReadMemory(*tree, "/docker/x"));
}

TEST_P(EveryVersion, ProcessesOfACgroupAndBelow) {
  FakeNode node(GetParam());
  node.AddProcess(30, "/docker/a");
  node.AddProcess(10, "/docker/a");
  node.AddProcess(20, "/docker/a/sub/deep");
  node.AddProcess(40, "/docker/b");
  const auto tree = node.Open();
  const auto pids = PidsOf(*tree, "/docker/a");
  ASSERT_TRUE(pids);
  EXPECT_EQ(pids->pids, (std::vector<int32_t>{10, 20, 30}));
  EXPECT_TRUE(pids->complete);
  const auto where = tree->OfProcess(20);
  ASSERT_TRUE(where);
  EXPECT_EQ(where->ids, "/docker/a/sub/deep");
  EXPECT_EQ(where->memory, "/docker/a/sub/deep");
  EXPECT_FALSE(where->removed);
  EXPECT_FALSE(tree->OfProcess(99));
}

TEST_P(EveryVersion, Populated) {
  FakeNode node(GetParam());
  node.AddProcess(10, "/docker/a/sub");
  node.AddCgroup("/docker/b");
  for (const char* path : {"/docker/a", "/docker/a/sub", "/docker/b"}) {
    node.Write(
        Hierarchy::kIds, path, "cgroup.events",
        std::string(path) == "/docker/b" ? "populated 0\nfrozen 0\n" : "populated 1\nfrozen 0\n");
  }
  const auto tree = node.Open();
  EXPECT_TRUE(IsPopulated(*tree, "/docker/a").value_or(false));
  EXPECT_FALSE(IsPopulated(*tree, "/docker/b").value_or(true));
}

TEST_P(EveryVersion, NoWayOutOfTheHierarchy) {
  FakeNode node(GetParam());
  const auto tree = node.Open();
  EXPECT_FALSE(tree->Read(Hierarchy::kIds, "/../../../../../../../proc/self", "cgroup"));
  EXPECT_EQ(tree->Id("/../..").value_or(CgroupId{}), tree->Id("/").value_or(CgroupId{1}));
}

TEST(TreeTest, HybridProcessThatOnlyVersion1Knows) {
  FakeNode node(Version::kHybrid);
  node.AddProcessToMemoryAlone(10, "/docker/a");
  const auto tree = node.Open();
  const auto where = tree->OfProcess(10);
  ASSERT_TRUE(where);
  EXPECT_EQ(where->ids, "/");
  EXPECT_EQ(where->memory, "/docker/a");
  const auto pids = PidsOf(*tree, "/docker/a");
  ASSERT_TRUE(pids);
  EXPECT_EQ(pids->pids, (std::vector<int32_t>{10}));
}

TEST(TreeTest, ProcessesOfAnotherNamespaceAreMissed) {
  FakeNode node(Version::kV2);
  node.AddProcess(10, "/a");
  node.Write(Hierarchy::kIds, "/a", "cgroup.procs", "0\n10\n0\n");
  const auto pids = PidsOf(*node.Open(), "/a");
  ASSERT_TRUE(pids);
  EXPECT_EQ(pids->pids, (std::vector<int32_t>{10}));
  EXPECT_FALSE(pids->complete);
}

TEST(TreeTest, AWalkIsBounded) {
  FakeNode node(Version::kV2);
  for (int i = 0; i < 20; ++i) node.AddCgroup("/a/" + std::to_string(i));
  const auto tree = node.Open();
  const auto all = WalkTree(*tree, Hierarchy::kIds, "/");
  ASSERT_TRUE(all);
  EXPECT_EQ(all->cgroups.size(), 21u);
  EXPECT_TRUE(all->complete);
  for (const Cgroup& cgroup : all->cgroups) {
    EXPECT_EQ(tree->Id(cgroup.path).value_or(CgroupId{}), cgroup.id) << cgroup.path;
  }
  const auto some = WalkTree(*tree, Hierarchy::kIds, "/", 5);
  ASSERT_TRUE(some);
  EXPECT_EQ(some->cgroups.size(), 5u);
  EXPECT_FALSE(some->complete);
}

TEST(TreeTest, ANodeWithoutCgroups) {
  FakeNode node(Version::kNone);
  const auto tree = node.Open();
  EXPECT_EQ(tree->hierarchies().version, Version::kNone);
  const auto id = tree->Id("/");
  ASSERT_FALSE(id);
  EXPECT_EQ(id.error().kind, ErrorKind::kUnsupported);
}

TEST(MembershipTest, Lines) {
  const auto lines = ParseMembership(
      "12:pids:/a\n4:cpu,cpuacct:/b:c\n1:name=systemd:/d\n0::/e (deleted)\nnonsense\n::\n1:x\n");
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_EQ(lines[1], (MembershipLine{{"cpu", "cpuacct"}, "/b:c", false}));
  EXPECT_EQ(lines[2].controllers, (std::vector<std::string>{"name=systemd"}));
  EXPECT_EQ(lines[3], (MembershipLine{{}, "/e", true}));
  EXPECT_EQ(LineOf(lines, {.v2 = true}), &lines[3]);
  EXPECT_EQ(LineOf(lines, {.controllers = {"cpu", "cpuacct"}}), &lines[1]);
  EXPECT_EQ(LineOf(lines, {.controllers = {"memory"}}), nullptr);
}

TEST(MembershipTest, Paths) {
  EXPECT_EQ(JoinPath("/", "/a/b"), "/a/b");
  EXPECT_EQ(JoinPath("/docker/x", "/../y"), "/docker/y");
  EXPECT_EQ(JoinPath("/docker/x", "/../.."), "/");
  EXPECT_EQ(JoinPath("/", "/../../a//./b/"), "/a/b");
  EXPECT_EQ(BelowPath("/docker/4f", "/docker"), "/4f");
  EXPECT_EQ(BelowPath("/docker", "/docker"), "/");
  EXPECT_EQ(BelowPath("/docker", "/"), "/docker");
  EXPECT_EQ(BelowPath("/dockerx", "/docker"), std::nullopt);
}

TEST(MemoryTest, Version2) {
  FakeNode node(Version::kV2);
  node.AddCgroup("/a/b");
  const auto write = [&](const char* path, const char* file, const char* text) {
    node.Write(Hierarchy::kMemory, path, file, text);
  };
  write("/a/b", "memory.max", "20971520\n");
  write("/a/b", "memory.current", "4096\n");
  write("/a/b", "memory.peak", "20971520\n");
  write("/a/b", "memory.oom.group", "1\n");
  write("/a/b", "memory.events", "low 0\nhigh 0\nmax 7\noom 3\noom_kill 2\noom_group_kill 1\n");
  write("/a/b", "memory.events.local", "low 0\nhigh 0\nmax 7\noom 1\noom_kill 0\n");
  write("/a", "memory.max", "max\n");
  const auto levels = ReadMemoryLevels(*node.Open(), "/a/b");
  ASSERT_TRUE(levels);
  ASSERT_EQ(levels->size(), 3u);
  EXPECT_EQ(
      levels->at(0).memory,
      (Memory{
          .limit = 20971520,
          .usage = 4096,
          .peak = 20971520,
          .oom_group = true,
          .events = {.low = 0, .high = 0, .max = 7, .oom = 3, .oom_kill = 2, .oom_group_kill = 1},
          .local = {.low = 0, .high = 0, .max = 7, .oom = 1, .oom_kill = 0}}));
  EXPECT_EQ(levels->at(1).path, "/a");
  EXPECT_EQ(levels->at(1).memory, (Memory{.limit = kNoLimit}));
  EXPECT_EQ(levels->at(2).path, "/");
  EXPECT_EQ(levels->at(2).memory, Memory());  // the root has no such files: unknown, not 0
}

TEST(MemoryTest, Version1AndHybrid) {
  for (const Version version : {Version::kV1, Version::kHybrid}) {
    FakeNode node(version);
    node.AddCgroup("/a");
    node.AddCgroup("/b");
    const auto write = [&](const char* path, const char* file, const char* text) {
      node.Write(Hierarchy::kMemory, path, file, text);
    };
    write("/a", "memory.limit_in_bytes", "20971520\n");
    write("/a", "memory.usage_in_bytes", "4096\n");
    write("/a", "memory.max_usage_in_bytes", "20971520\n");
    write("/a", "memory.failcnt", "31\n");
    write("/a", "memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n");
    write("/b", "memory.limit_in_bytes", "9223372036854771712\n");
    const auto tree = node.Open();
    EXPECT_EQ(ReadMemory(*tree, "/a").value_or(Memory()), (Memory{.limit = 20971520,
                                                                  .usage = 4096,
                                                                  .peak = 20971520,
                                                                  .local = {.oom_kill = 2},
                                                                  .failcnt = 31,
                                                                  .oom_kill_disable = false,
                                                                  .under_oom = false}));
    EXPECT_EQ(ReadMemory(*tree, "/b").value_or(Memory()), (Memory{.limit = kNoLimit}));
  }
}

TEST(MemoryTest, Numbers) {
  EXPECT_EQ(SingleValue("12\n"), 12u);
  EXPECT_EQ(SingleValue("max\n"), kNoLimit);
  for (const char* wrong : {"", "\n", "-1", "1x", "0x10", "99999999999999999999", "maximum"}) {
    EXPECT_EQ(SingleValue(wrong), std::nullopt) << wrong;
  }
  EXPECT_EQ(FlatValue("oom_kill 3\noom 2\n", "oom"), 2u);
  EXPECT_EQ(FlatValue("oom\n", "oom"), std::nullopt);
}

// The machine that the tests run on, whatever it has.
TEST(SystemTreeTest, ThisProcess) {
  const auto tree = OpenTree(HostRoot());
  ASSERT_TRUE(tree) << tree.error().Message();
  if ((*tree)->hierarchies().version == Version::kNone) GTEST_SKIP() << "no cgroups here";
  const auto where = (*tree)->OfProcess(::getpid());
  ASSERT_TRUE(where) << where.error().Message();
  ASSERT_FALSE(where->ids.empty());
  const auto id = (*tree)->Id(where->ids);
  ASSERT_TRUE(id) << id.error().Message();
  EXPECT_EQ((*tree)->Path(*id).value_or("none"), where->ids);
  const auto pids = PidsOf(**tree, where->ids);
  ASSERT_TRUE(pids) << pids.error().Message();
  EXPECT_TRUE(std::ranges::binary_search(pids->pids, ::getpid()));
}

TEST(SystemTreeTest, EveryCgroupsIdLeadsBack) {
  const auto tree = OpenTree(HostRoot());
  ASSERT_TRUE(tree);
  if ((*tree)->hierarchies().version == Version::kNone) GTEST_SKIP() << "no cgroups here";
  const auto census = WalkTree(**tree, Hierarchy::kIds, "/");
  ASSERT_TRUE(census);
  size_t checked = 0;
  for (const Cgroup& cgroup : census->cgroups) {
    const auto path = (*tree)->Path(cgroup.id);
    if (!path && path.error().error_number == ENOENT) continue;  // gone meanwhile
    EXPECT_EQ(path.value_or("none"), cgroup.path);
    ++checked;
    if (checked == 50) break;
  }
}

}  // namespace
}  // namespace podtap::cgroup
