#include "cgroup/mounts.h"

#include <gtest/gtest.h>

namespace podtap::cgroup {
namespace {

constexpr const char* kV2Node =
    "24 30 0:22 / /sys rw,nosuid,nodev,noexec,relatime shared:7 - sysfs sysfs rw\n"
    "29 24 0:26 / /sys/fs/cgroup rw,nosuid,nodev,noexec shared:9 - cgroup2 cgroup2 rw,nsdelegate\n";
constexpr const char* kV1Node =
    "31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n"
    "32 31 0:29 / /sys/fs/cgroup/systemd rw shared:9 - cgroup cgroup rw,xattr,name=systemd\n"
    "33 31 0:30 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
    "34 31 0:31 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n";
constexpr const char* kUnified =
    "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n";

TEST(MountsTest, Version2) {
  const auto found = ChooseHierarchies(ParseMounts(kV2Node), "", true);
  EXPECT_EQ(found.version, Version::kV2);
  EXPECT_EQ(found.ids->point, "/sys/fs/cgroup");
  EXPECT_EQ(found.memory, found.ids);
}

TEST(MountsTest, Version1TakesMemorysInodes) {
  const auto found = ChooseHierarchies(ParseMounts(kV1Node), "", false);
  EXPECT_EQ(found.version, Version::kV1);
  EXPECT_EQ(found.ids->point, "/sys/fs/cgroup/memory");
  EXPECT_EQ(found.memory, found.ids);
}

TEST(MountsTest, Version1WithoutMemory) {
  const auto mounts = ParseMounts("33 31 0:30 / /c rw - cgroup cgroup rw,cpu,cpuacct\n");
  const auto found = ChooseHierarchies(mounts, "", false);
  EXPECT_EQ(found.version, Version::kV1);
  EXPECT_EQ(found.ids->point, "/c");
  EXPECT_FALSE(found.memory.has_value());
}

TEST(MountsTest, Hybrid) {
  const auto found = ChooseHierarchies(ParseMounts(std::string(kV1Node) + kUnified), "", false);
  EXPECT_EQ(found.version, Version::kHybrid);
  EXPECT_EQ(found.ids->point, "/sys/fs/cgroup/unified");
  EXPECT_EQ(found.memory->point, "/sys/fs/cgroup/memory");
}

TEST(MountsTest, AStrayVersion1HierarchyOnAVersion2Node) {
  const auto mounts =
      ParseMounts(std::string(kV2Node) + "50 29 0:40 / /run/x rw - cgroup none rw,name=systemd\n");
  EXPECT_EQ(ChooseHierarchies(mounts, "", true).version, Version::kV2);
}

TEST(MountsTest, NoneAtAll) {
  const auto found =
      ChooseHierarchies(ParseMounts("24 30 0:22 / /sys rw - sysfs sysfs rw\n"), "", false);
  EXPECT_EQ(found.version, Version::kNone);
  EXPECT_FALSE(found.ids.has_value());
}

// In a container with a cgroup namespace and the host's root at /host.
TEST(MountsTest, TheHostsMountIsTakenBeforeTheContainersOwn) {
  const auto mounts = ParseMounts(
      "29 24 0:26 / /sys/fs/cgroup ro - cgroup2 cgroup2 rw\n"
      "80 24 0:26 /../.. /host/sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"
      "81 24 0:26 / /hostile/sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
  EXPECT_EQ(ChooseHierarchies(mounts, "/host", true).ids->point, "/host/sys/fs/cgroup");
  EXPECT_EQ(ChooseHierarchies(mounts, "/host", true).ids->root, "/../..");
}

TEST(MountsTest, TheWholeHierarchyBeforeAPart) {
  const auto mounts = ParseMounts(
      "29 24 0:26 /docker/4f /a rw - cgroup2 cgroup2 rw\n"
      "80 24 0:26 / /b rw - cgroup2 cgroup2 rw\n");
  EXPECT_EQ(ChooseHierarchies(mounts, "", true).ids->point, "/b");
}

TEST(MountsTest, EscapesInPaths) {
  const auto mounts = ParseMounts("29 24 0:26 / /my\\040folder\\134x rw - cgroup2 cgroup2 rw\n");
  ASSERT_EQ(mounts.size(), 1u);
  EXPECT_EQ(mounts[0].point, "/my folder\\x");
}

TEST(MountsTest, BrokenLinesAreLeftOut) {
  for (const char* line : {"", "\n\n", "29 24", " - ", " - cgroup2", "29 24 0:26 / /x rw - cgroup",
                           "29 24 0:26 / /x rw - cgroup x rw", "29 24 0:26   rw - cgroup2 x rw"}) {
    EXPECT_TRUE(ParseMounts(line).empty()) << line;
  }
}

}  // namespace
}  // namespace podtap::cgroup
