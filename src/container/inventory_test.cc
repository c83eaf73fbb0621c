#include "container/inventory.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>

#include "cgroup/fake_node.h"
#include "container/cgroup_only.h"
#include "container/fake_runtime.h"

namespace podtap::container {
namespace {

using cgroup::FakeNode;
using cgroup::Hierarchy;
using cgroup::Version;

std::string Id(char c) { return std::string(64, c); }

Container Running(char id, const std::string& name, int32_t pid = 0) {
  Container container;
  container.runtime = RuntimeKind::kDocker;
  container.id.value = Id(id);
  container.name = name;
  container.state = State::kRunning;
  container.init_pid = pid;
  return container;
}

Runtimes Of(std::vector<std::unique_ptr<Runtime>> found) {
  Runtimes runtimes;
  runtimes.found = std::move(found);
  return runtimes;
}

Inventory Take(const FakeNode& node, std::unique_ptr<FakeRuntime> runtime) {
  std::vector<std::unique_ptr<Runtime>> found;
  if (runtime) found.push_back(std::move(runtime));
  return TakeInventory(Of(std::move(found)), *node.Open(), After(std::chrono::seconds(5)));
}

class EveryVersion : public testing::TestWithParam<Version> {};
INSTANTIATE_TEST_SUITE_P(InventoryTest, EveryVersion,
                         testing::Values(Version::kV1, Version::kV2, Version::kHybrid),
                         [](const auto& version) {
                           return std::string("Version_") + VersionName(version.param);
                         });

TEST_P(EveryVersion, ContainersGetTheirCgroups) {
  FakeNode node(GetParam());
  node.AddProcess(10, "/docker/" + Id('a'));
  node.AddProcess(11, "/system.slice/docker-" + Id('b') + ".scope/sub");
  node.Write(Hierarchy::kMemory, "/docker/" + Id('a'),
             GetParam() == Version::kV2 ? "memory.max" : "memory.limit_in_bytes", "4096\n");
  auto runtime = std::make_unique<FakeRuntime>(RuntimeKind::kDocker, "/run/docker.sock");
  runtime->containers = {Running('b', "two", 11), Running('a', "one", 10)};
  runtime->containers[1].runtime = RuntimeKind::kContainerd;  // the CRI tells no limit
  const Inventory inventory = Take(node, std::move(runtime));
  ASSERT_EQ(inventory.containers.size(), 2u);
  const Container& one = inventory.containers[0];
  EXPECT_EQ(one.name, "one");
  EXPECT_EQ(one.cgroup_path, "/docker/" + Id('a'));
  EXPECT_EQ(one.cgroup, node.Open()->Id(one.cgroup_path).value_or(cgroup::CgroupId{}));
  EXPECT_EQ(one.memory_limit, 4096);
  EXPECT_EQ(inventory.containers[1].cgroup_path, "/system.slice/docker-" + Id('b') + ".scope");
  ASSERT_EQ(inventory.runtimes.size(), 1u);
  EXPECT_EQ(inventory.runtimes[0].containers, 2u);
  EXPECT_FALSE(inventory.runtimes[0].problem.has_value());
}

TEST_P(EveryVersion, WithoutRuntimesTheCgroupsTell) {
  FakeNode node(GetParam());
  const std::string pod = "/kubepods/burstable/pod0f2a4c6e-1b3d-4f5a-8c9e-0a1b2c3d4e5f";
  node.AddProcess(10, "/docker/" + Id('a'));
  node.AddProcess(20, pod + "/" + Id('b'));
  node.AddCgroup("/docker/" + Id('c'));  // what is left of one that has ended
  for (const std::string& path : {"/docker/" + Id('a'), pod + "/" + Id('b')}) {
    node.Write(Hierarchy::kIds, path, "cgroup.events", "populated 1\n");
  }
  node.Write(Hierarchy::kIds, "/docker/" + Id('c'), "cgroup.events", "populated 0\n");
  const Inventory inventory = Take(node, nullptr);
  ASSERT_EQ(inventory.containers.size(), 2u);
  const Container* docker = inventory.Find(Id('a'));
  ASSERT_NE(docker, nullptr);
  EXPECT_EQ(docker->runtime, RuntimeKind::kDocker);
  EXPECT_EQ(docker->state, State::kRunning);
  EXPECT_EQ(docker->init_pid, 10);
  EXPECT_EQ(docker->name, "");
  const Container* kubernetes = inventory.Find(Id('b'));
  ASSERT_NE(kubernetes, nullptr);
  EXPECT_EQ(kubernetes->runtime, RuntimeKind::kUnknown);
  EXPECT_EQ(kubernetes->pod.uid, "0f2a4c6e-1b3d-4f5a-8c9e-0a1b2c3d4e5f");
}

TEST(InventoryTest, HybridContainerThatVersion2DoesntKnow) {
  FakeNode node(Version::kHybrid);
  node.AddProcessToMemoryAlone(10, "/docker/" + Id('a'));
  auto runtime = std::make_unique<FakeRuntime>(RuntimeKind::kDocker, "/run/docker.sock");
  runtime->containers = {Running('a', "one", 10)};
  const Inventory inventory = Take(node, std::move(runtime));
  ASSERT_EQ(inventory.containers.size(), 1u);
  EXPECT_EQ(inventory.containers[0].cgroup_path, "/docker/" + Id('a'));
  EXPECT_EQ(inventory.containers[0].cgroup, cgroup::CgroupId{});  // not the top's
}

TEST(InventoryTest, ACgroupOfAnotherName) {
  FakeNode node(Version::kV2);
  node.AddProcess(10, "/custom/place");
  auto runtime = std::make_unique<FakeRuntime>(RuntimeKind::kDocker, "/run/docker.sock");
  runtime->containers = {Running('a', "one", 10), Running('b', "two", 99)};
  const Inventory inventory = Take(node, std::move(runtime));
  EXPECT_EQ(inventory.Find(Id('a'))->cgroup_path, "/custom/place");
  EXPECT_EQ(inventory.Find(Id('b'))->cgroup_path, "");  // its process is gone
}

TEST(InventoryTest, WhatNoRuntimeListsIsThereBesideNamedRuntimesOnlyIfAskedFor) {
  FakeNode node(Version::kV2);
  node.AddProcess(10, "/docker/" + Id('a'));
  node.Write(Hierarchy::kIds, "/docker/" + Id('a'), "cgroup.events", "populated 1\n");
  std::vector<std::unique_ptr<Runtime>> found;
  found.push_back(std::make_unique<FakeRuntime>(RuntimeKind::kPodman, "/run/podman/podman.sock"));
  Runtimes runtimes = Of(std::move(found));
  runtimes.given = true;
  const auto tree = node.Open();
  const Deadline deadline = After(std::chrono::seconds(5));
  EXPECT_EQ(TakeInventory(runtimes, *tree, deadline).Find(Id('a')), nullptr);
  EXPECT_NE(TakeInventory(runtimes, *tree, deadline, Unlisted::kAlways).Find(Id('a')), nullptr);
}

TEST(InventoryTest, OneThatFailsIsNamedAndTheOthersAnswer) {
  FakeNode node(Version::kV2);
  node.AddProcess(10, "/docker/" + Id('a'));
  node.Write(Hierarchy::kIds, "/docker/" + Id('a'), "cgroup.events", "populated 1\n");
  std::vector<std::unique_ptr<Runtime>> found;
  auto docker = std::make_unique<FakeRuntime>(RuntimeKind::kDocker, "/run/docker.sock");
  docker->failure = SystemError("read the answer of", "/run/docker.sock", ETIMEDOUT);
  found.push_back(std::move(docker));
  auto podman = std::make_unique<FakeRuntime>(RuntimeKind::kPodman, "/run/podman/podman.sock");
  podman->containers = {Running('b', "two")};
  found.push_back(std::move(podman));
  auto plain = std::make_unique<FakeRuntime>(RuntimeKind::kContainerd, "/run/containerd.sock");
  plain->failure = Error{.kind = ErrorKind::kUnsupported};
  found.push_back(std::move(plain));
  Runtimes runtimes = Of(std::move(found));
  runtimes.problems.push_back({"/run/crio.sock", SystemError("connect to", "/run/crio.sock", 13)});
  const Inventory inventory = TakeInventory(runtimes, *node.Open(), After(std::chrono::seconds(5)));
  EXPECT_EQ(inventory.containers.size(), 2u);
  EXPECT_NE(inventory.Find(Id('a')), nullptr);  // by its cgroup
  ASSERT_EQ(inventory.runtimes.size(), 4u);
  EXPECT_EQ(inventory.runtimes[0].socket, "/run/crio.sock");
  EXPECT_EQ(inventory.runtimes[0].problem->kind, ErrorKind::kPrivilege);
  EXPECT_EQ(inventory.runtimes[1].problem->error_number, ETIMEDOUT);
  EXPECT_FALSE(inventory.runtimes[2].problem.has_value());
  EXPECT_TRUE(inventory.runtimes[3].no_cri);
  EXPECT_FALSE(inventory.runtimes[3].problem.has_value());

  // One that the user named must have it.
  runtimes.given = true;
  const Inventory given = TakeInventory(runtimes, *node.Open(), After(std::chrono::seconds(5)));
  EXPECT_TRUE(given.runtimes[3].problem.has_value());
}

TEST(InventoryTest, RuntimesAreAskedAtTheSameTime) {
  FakeNode node(Version::kV2);
  std::vector<std::unique_ptr<Runtime>> found;
  for (int i = 0; i < 8; ++i) {
    auto slow = std::make_unique<FakeRuntime>(RuntimeKind::kDocker, "/" + std::to_string(i));
    slow->delay = std::chrono::milliseconds(200);
    found.push_back(std::move(slow));
  }
  const auto runtimes = Of(std::move(found));
  const auto started = std::chrono::steady_clock::now();
  TakeInventory(runtimes, *node.Open(), After(std::chrono::seconds(5)));
  // One after the other they take 1600 ms.
  EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::milliseconds(1500));
}

TEST(InventoryTest, TheSameContainerOfTwoRuntimes) {
  FakeNode node(Version::kV2);
  std::vector<std::unique_ptr<Runtime>> found;
  auto docker = std::make_unique<FakeRuntime>(RuntimeKind::kDocker, "/run/docker.sock");
  docker->containers = {Running('a', "k8s_nginx_web-0_default_u_0", 10)};
  auto cri = std::make_unique<FakeRuntime>(RuntimeKind::kDocker, "/run/cri-dockerd.sock");
  cri->containers = {Running('a', "nginx")};
  cri->containers[0].pod = {"web-0", "default", "u", "s"};
  found.push_back(std::move(docker));
  found.push_back(std::move(cri));
  const Inventory inventory =
      TakeInventory(Of(std::move(found)), *node.Open(), After(std::chrono::seconds(5)));
  ASSERT_EQ(inventory.containers.size(), 1u);
  EXPECT_EQ(inventory.containers[0].name, "nginx");
  EXPECT_EQ(inventory.containers[0].pod.name, "web-0");
  EXPECT_EQ(inventory.containers[0].init_pid, 10);
}

TEST(InventoryTest, EarlierAttempts) {
  FakeNode node(Version::kV2);
  auto cri = std::make_unique<FakeRuntime>(RuntimeKind::kContainerd, "/run/containerd.sock");
  for (const char id : {'a', 'b', 'c'}) {
    Container container = Running(id, id == 'c' ? "sidecar" : "nginx");
    container.pod = {"web-0", "default", "u", "s"};
    container.created_unix_ns = static_cast<unsigned char>(id);
    cri->containers.push_back(container);
  }
  const Inventory inventory = Take(node, std::move(cri));
  EXPECT_TRUE(inventory.IsSuperseded(*inventory.Find(Id('a'))));
  EXPECT_FALSE(inventory.IsSuperseded(*inventory.Find(Id('b'))));
  EXPECT_FALSE(inventory.IsSuperseded(*inventory.Find(Id('c'))));
}

TEST(CgroupOnlyTest, TheFirstProcess) {
  FakeNode node(Version::kV2);
  const auto add = [&](int32_t pid, const std::string& path, const char* ns_pids) {
    node.AddProcess(pid, path);
    node.WriteProcess(pid, "status",
                      std::string("Name:\tx\nNSpid:\t") + ns_pids + "\nVmPeak:\t1\n");
  };
  add(10, "/one", "10");
  add(20, "/many", "20\t1");
  add(21, "/many", "21\t7");
  add(22, "/many/sub", "22\t8");
  add(30, "/host", "30");
  add(31, "/host", "31");
  add(40, "/nested", "40\t1");
  add(41, "/nested", "41\t5\t1");
  node.AddCgroup("/none");
  const auto tree = node.Open();
  EXPECT_EQ(FindInitPid(*tree, "/one"), 10);
  EXPECT_EQ(FindInitPid(*tree, "/many"), 20);
  EXPECT_EQ(FindInitPid(*tree, "/host"), 0);    // of the host's namespace: can't be told
  EXPECT_EQ(FindInitPid(*tree, "/nested"), 0);  // two: can't be told
  EXPECT_EQ(FindInitPid(*tree, "/none"), 0);
  EXPECT_EQ(FindInitPid(*tree, "/missing"), 0);
}

// Whoever may make cgroups in a container can name them after another.
TEST(CgroupOnlyTest, AClaimWithinAContainerDoesntCount) {
  FakeNode node(Version::kV2);
  node.AddCgroup("/a/docker/" + Id('b') + "/docker/" + Id('a'));
  node.AddCgroup("/z/docker/" + Id('a'));
  const CgroupIndex index = CgroupIndex::Make(*node.Open());
  ASSERT_NE(index.Find(Id('a')), nullptr);
  EXPECT_EQ(index.Find(Id('a'))->path, "/z/docker/" + Id('a'));
  EXPECT_EQ(index.Find(Id('x')), nullptr);
}

}  // namespace
}  // namespace podtap::container
