#include "cgroup/path.h"

#include <gtest/gtest.h>

#include <string>

namespace podtap::cgroup {
namespace {

const std::string kId = "4f1c3b5e7a9d0f2b4c6e8a0d1f3b5c7e9a1d3f5b7c9e0a2d4f6b8c0e1a3d5f7b";
const std::string kInner = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
const std::string kUid = "0f2a4c6e-1b3d-4f5a-8c9e-0a1b2c3d4e5f";
const std::string kUnderscored = "0f2a4c6e_1b3d_4f5a_8c9e_0a1b2c3d4e5f";
const std::string kStaticUid = "6c0d2f1e3a4b5c6d7e8f9a0b1c2d3e4f";

struct Row {
  const char* what;
  std::string path;
  RuntimeKind runtime;
  std::string id;
  std::string pod_uid;
  Qos qos;
  std::string unit;
};

using enum RuntimeKind;

const Row kRows[] = {
    // Docker
    {"docker, cgroupfs", "/docker/" + kId, kDocker, kId, "", Qos::kNone, ""},
    {"docker, systemd", "/system.slice/docker-" + kId + ".scope", kDocker, kId, "", Qos::kNone,
     "docker-" + kId + ".scope"},
    {"docker, --cgroup-parent with cgroupfs", "/mine/" + kId, kUnknown, kId, "", Qos::kNone, ""},
    {"docker, --cgroup-parent with systemd", "/a.slice/a-b.slice/docker-" + kId + ".scope", kDocker,
     kId, "", Qos::kNone, "docker-" + kId + ".scope"},
    {"docker without root",
     "/user.slice/user-1000.slice/user@1000.service/user.slice/docker-" + kId + ".scope", kDocker,
     kId, "", Qos::kNone, "user@1000.service"},
    {"docker, a cgroup within", "/docker/" + kId + "/init.scope", kDocker, kId, "", Qos::kNone, ""},
    {"buildkit", "/docker/buildkit/" + kId, kDocker, kId, "", Qos::kNone, ""},
    // The kubelet with cgroupfs
    {"containerd, burstable", "/kubepods/burstable/pod" + kUid + "/" + kId, kUnknown, kId, kUid,
     Qos::kBurstable, ""},
    {"containerd, besteffort", "/kubepods/besteffort/pod" + kUid + "/" + kId, kUnknown, kId, kUid,
     Qos::kBestEffort, ""},
    {"containerd, guaranteed", "/kubepods/pod" + kUid + "/" + kId, kUnknown, kId, kUid,
     Qos::kGuaranteed, ""},
    {"a static pod", "/kubepods/burstable/pod" + kStaticUid + "/" + kId, kUnknown, kId, kStaticUid,
     Qos::kBurstable, ""},
    {"CRI-O, cgroupfs", "/kubepods/burstable/pod" + kUid + "/crio-" + kId, kCrio, kId, kUid,
     Qos::kBurstable, ""},
    {"with --cgroup-root", "/mine/kubepods/burstable/pod" + kUid + "/" + kId, kUnknown, kId, kUid,
     Qos::kBurstable, ""},
    // The kubelet with systemd
    {"containerd, systemd, burstable",
     "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" + kUnderscored +
         ".slice/cri-containerd-" + kId + ".scope",
     kContainerd, kId, kUid, Qos::kBurstable, "cri-containerd-" + kId + ".scope"},
    {"containerd, systemd, besteffort",
     "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod" + kUnderscored +
         ".slice/cri-containerd-" + kId + ".scope",
     kContainerd, kId, kUid, Qos::kBestEffort, "cri-containerd-" + kId + ".scope"},
    {"containerd, systemd, guaranteed",
     "/kubepods.slice/kubepods-pod" + kUnderscored + ".slice/cri-containerd-" + kId + ".scope",
     kContainerd, kId, kUid, Qos::kGuaranteed, "cri-containerd-" + kId + ".scope"},
    {"CRI-O, systemd",
     "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" + kUnderscored +
         ".slice/crio-" + kId + ".scope",
     kCrio, kId, kUid, Qos::kBurstable, "crio-" + kId + ".scope"},
    {"CRI-O with a cgroup within (crun)",
     "/kubepods.slice/kubepods-pod" + kUnderscored + ".slice/crio-" + kId + ".scope/container",
     kCrio, kId, kUid, Qos::kGuaranteed, "crio-" + kId + ".scope"},
    {"dockershim, systemd",
     "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod" + kUnderscored +
         ".slice/docker-" + kId + ".scope",
     kDocker, kId, kUid, Qos::kBestEffort, "docker-" + kId + ".scope"},
    {"a static pod, systemd",
     "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" + kStaticUid +
         ".slice/cri-containerd-" + kId + ".scope",
     kContainerd, kId, kStaticUid, Qos::kBurstable, "cri-containerd-" + kId + ".scope"},
    {"kubelet asks for systemd, runc has cgroupfs",
     "/system.slice/containerd.service/kubepods-burstable-pod" + kUnderscored +
         ".slice:cri-containerd:" + kId,
     kContainerd, kId, kUid, Qos::kBurstable, "containerd.service"},
    {"the same, at the top", "/kubepods-pod" + kUnderscored + ".slice:cri-containerd:" + kId,
     kContainerd, kId, kUid, Qos::kGuaranteed, ""},
    {"the same, CRI-O", "/kubepods-besteffort-pod" + kUnderscored + ".slice:crio:" + kId, kCrio,
     kId, kUid, Qos::kBestEffort, ""},
    {"the same, of a word that isn't known", "/x.slice:word:" + kId, kUnknown, kId, "", Qos::kNone,
     ""},
    // A pod's own cgroup
    {"a pod, cgroupfs", "/kubepods/besteffort/pod" + kUid, kUnknown, "", kUid, Qos::kBestEffort,
     ""},
    {"a pod, systemd", "/kubepods.slice/kubepods-pod" + kUnderscored + ".slice", kUnknown, "", kUid,
     Qos::kGuaranteed, ""},
    {"a class of pods", "/kubepods.slice/kubepods-burstable.slice", kUnknown, "", "", Qos::kNone,
     ""},
    // Podman
    {"podman, systemd", "/machine.slice/libpod-" + kId + ".scope", kPodman, kId, "", Qos::kNone,
     "libpod-" + kId + ".scope"},
    {"podman, crun", "/machine.slice/libpod-" + kId + ".scope/container", kPodman, kId, "",
     Qos::kNone, "libpod-" + kId + ".scope"},
    {"podman, cgroupfs", "/libpod_parent/libpod-" + kId, kPodman, kId, "", Qos::kNone, ""},
    {"podman, cgroupfs, bare", "/libpod_parent/" + kId, kPodman, kId, "", Qos::kNone, ""},
    {"podman in a pod of its own",
     "/machine.slice/machine-libpod_pod_" + kInner + ".slice/libpod-" + kId + ".scope", kPodman,
     kId, "", Qos::kNone, "libpod-" + kId + ".scope"},
    {"podman without root",
     "/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" + kId + ".scope/container",
     kPodman, kId, "", Qos::kNone, "user@1000.service"},
    {"podman --cgroups=split", "/system.slice/web.service/libpod-payload-" + kId, kPodman, kId, "",
     Qos::kNone, "web.service"},
    // nerdctl and containerd's own client
    {"nerdctl, systemd", "/system.slice/nerdctl-" + kId + ".scope", kContainerd, kId, "",
     Qos::kNone, "nerdctl-" + kId + ".scope"},
    {"nerdctl, cgroupfs", "/default/" + kId, kContainerd, kId, "", Qos::kNone, ""},
    {"ctr -n k8s.io", "/k8s.io/" + kId, kContainerd, kId, "", Qos::kNone, ""},
    {"a task of ECS", "/ecs/1a2b3c/" + kId, kUnknown, kId, "", Qos::kNone, ""},
    // The host's own
    {"the top", "/", kUnknown, "", "", Qos::kNone, ""},
    {"a service", "/system.slice/cron.service", kUnknown, "", "", Qos::kNone, "cron.service"},
    {"a service's own cgroups", "/system.slice/udev.service/udev", kUnknown, "", "", Qos::kNone,
     "udev.service"},
    {"an instance", "/system.slice/system-getty.slice/getty@tty1.service", kUnknown, "", "",
     Qos::kNone, "getty@tty1.service"},
    {"a session", "/user.slice/user-1000.slice/session-3.scope", kUnknown, "", "", Qos::kNone,
     "session-3.scope"},
    {"systemd itself", "/init.scope", kUnknown, "", "", Qos::kNone, "init.scope"},
    {"a mount", "/system.slice/dev-mqueue.mount", kUnknown, "", "", Qos::kNone, "dev-mqueue.mount"},
    {"a name that the kernel could take for its own", "/system.slice/_cpu.service", kUnknown, "",
     "", Qos::kNone, "cpu.service"},
    {"containerd", "/system.slice/containerd.service", kUnknown, "", "", Qos::kNone,
     "containerd.service"},
    {"a slice alone", "/user.slice/user-1000.slice", kUnknown, "", "", Qos::kNone, ""},
};

TEST(CgroupPathTest, Table) {
  for (const Row& row : kRows) {
    const PathInfo info = ParsePath(row.path);
    SCOPED_TRACE(std::string(row.what) + ": " + row.path);
    EXPECT_EQ(info.pod_uid, row.pod_uid);
    EXPECT_EQ(info.qos, row.qos);
    EXPECT_EQ(info.unit, row.unit);
    EXPECT_EQ(info.monitor_of, "");
    if (row.id.empty()) {
      EXPECT_TRUE(info.containers.empty());
      continue;
    }
    ASSERT_EQ(info.containers.size(), 1u);
    EXPECT_EQ(info.containers[0].runtime, row.runtime);
    EXPECT_EQ(info.containers[0].id, row.id);
    EXPECT_EQ(info.containers[0].pod_uid, row.pod_uid);
    EXPECT_EQ(info.containers[0].qos, row.qos);
    EXPECT_TRUE(row.path.starts_with(info.containers[0].path));
    EXPECT_TRUE(ParsePath(info.containers[0].path).containers == info.containers);
  }
}

TEST(CgroupPathTest, TheContainersOwnCgroupIsAPrefix) {
  EXPECT_EQ(ParsePath("/docker/" + kId + "/a/b").containers.at(0).path, "/docker/" + kId);
  EXPECT_EQ(ParsePath("/kubepods/pod" + kUid + "/" + kId).pod_path, "/kubepods/pod" + kUid);
}

TEST(CgroupPathTest, Kind) {
  const std::string node = "/docker/" + kId;
  const std::string pods = "/kubelet/kubepods/burstable/pod" + kUid;
  const std::string slices =
      "/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice/"
      "kubelet-kubepods-burstable-pod" +
      kUnderscored + ".slice";
  for (const std::string& path :
       {node + pods + "/" + kInner, node + slices + "/cri-containerd-" + kInner + ".scope"}) {
    const PathInfo info = ParsePath(path);
    ASSERT_EQ(info.containers.size(), 2u) << path;
    EXPECT_EQ(info.containers[0], (PathContainer{RuntimeKind::kDocker, kId, node, "", Qos::kNone}));
    EXPECT_EQ(info.containers[1].id, kInner);
    EXPECT_EQ(info.containers[1].path, path);
    EXPECT_EQ(info.containers[1].pod_uid, kUid);
    EXPECT_EQ(info.containers[1].qos, Qos::kBurstable);
    EXPECT_EQ(info.unit, "");
  }
}

TEST(CgroupPathTest, DockerInAPod) {
  const PathInfo info =
      ParsePath("/kubepods/pod" + kUid + "/" + kId + "/docker/" + kInner + "/sub");
  ASSERT_EQ(info.containers.size(), 2u);
  EXPECT_EQ(info.containers[0].pod_uid, kUid);
  EXPECT_EQ(info.containers[1].runtime, RuntimeKind::kDocker);
  EXPECT_EQ(info.containers[1].pod_uid, "");  // the pod is around the outer one
  EXPECT_EQ(info.pod_uid, kUid);
}

TEST(CgroupPathTest, AMonitorIsNotItsContainer) {
  for (const std::string& path :
       {"/kubepods.slice/kubepods-pod" + kUnderscored + ".slice/crio-conmon-" + kId + ".scope",
        "/machine.slice/libpod-conmon-" + kId + ".scope"}) {
    const PathInfo info = ParsePath(path);
    EXPECT_TRUE(info.containers.empty()) << path;
    EXPECT_EQ(info.monitor_of, kId) << path;
  }
}

TEST(CgroupPathTest, AUsersOwnSystemd) {
  const PathInfo info = ParsePath(
      "/user.slice/user-1000.slice/user@1000.service/app.slice/app-org.gnome.Terminal.slice/"
      "vte-spawn-1.scope");
  EXPECT_EQ(info.unit, "user@1000.service");
  EXPECT_EQ(info.user_unit, "vte-spawn-1.scope");
}

TEST(CgroupPathTest, UnitsInsideAContainerAreNotTheHosts) {
  EXPECT_EQ(ParsePath("/docker/" + kId + "/system.slice/cron.service").unit, "");
  EXPECT_EQ(ParsePath("/system.slice/docker-" + kId + ".scope/system.slice/cron.service").unit,
            "docker-" + kId + ".scope");
}

TEST(CgroupPathTest, WhatANestedNameClaimsComesAfterTheTruth) {
  const PathInfo info = ParsePath("/docker/" + kId + "/system.slice/docker-" + kInner + ".scope");
  ASSERT_EQ(info.containers.size(), 2u);
  EXPECT_EQ(info.containers[0].id, kId);
}

TEST(CgroupPathTest, NoContainersThatAreNone) {
  std::string upper = kId;
  upper[1] = 'F';
  for (const std::string& path :
       {std::string(), std::string("docker"), std::string("//"), "/docker/" + kId.substr(1),
        "/docker/" + kId + "0", "/docker/" + upper, "/docker-" + kId.substr(1) + ".scope",
        "/docker-" + kId + ".service", std::string("/docker-.scope"),
        "/x.slice:cri-containerd:" + kId + ":" + kId, std::string("/a:b:c"), std::string("/::"),
        std::string("/kubepods-burstable-pod.slice"), std::string("/kubepodsx/podabc"),
        std::string("/kubepods/pod"), std::string("/kubepods/pod\x1b[2J"),
        "/kubepods/pod" + std::string(65, 'a')}) {
    const PathInfo info = ParsePath(path);
    EXPECT_TRUE(info.containers.empty()) << path;
    EXPECT_EQ(info.pod_uid, "") << path;
    EXPECT_EQ(info.qos, Qos::kNone) << path;
  }
}

TEST(CgroupPathTest, NestingIsBounded) {
  std::string path;
  for (int depth = 0; depth < 60; ++depth) path += "/docker/" + kId;
  EXPECT_EQ(ParsePath(path).containers.size(), kMaxNesting);
}

}  // namespace
}  // namespace podtap::cgroup
