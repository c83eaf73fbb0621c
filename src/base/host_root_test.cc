#include "base/host_root.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>

#include "base/file.h"

namespace podtap {
namespace {

class HostRootTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "host-root-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    std::filesystem::create_directories(folder_ / "run");
    std::filesystem::create_directories(folder_ / "var");
    std::ofstream(folder_ / "run/file") << "of the host";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string Read(const HostRoot& root, const std::string& path) {
    const auto fd = root.Open(path, O_RDONLY, "read");
    if (!fd) return fd.error().Message();
    return ReadFd(fd->get(), path, "read").value_or("unreadable");
  }

  std::filesystem::path folder_;
};

TEST_F(HostRootTest, SlashesAtTheEndGo) {
  EXPECT_EQ(HostRoot("/").folder(), "");
  EXPECT_EQ(HostRoot("/host//").folder(), "/host");
  EXPECT_EQ(HostRoot("/host/").Path("/run"), "/host/run");
}

TEST_F(HostRootTest, AbsoluteLinksOfTheHostStayOnTheHost) {
  std::filesystem::create_directory_symlink("/run", folder_ / "var/run");
  EXPECT_EQ(Read(HostRoot(folder_), "/var/run/file"), "of the host");
}

TEST_F(HostRootTest, LinksDontClimbOut) {
  std::filesystem::create_symlink("../../../../../../etc/passwd", folder_ / "run/out");
  const auto fd = HostRoot(folder_).Open("/run/out", O_RDONLY, "read");
  ASSERT_FALSE(fd.has_value());
  EXPECT_EQ(fd.error().error_number, ENOENT);
}

TEST_F(HostRootTest, WithoutAFolderItIsTheMachinesOwn) {
  EXPECT_EQ(Read(HostRoot(), folder_ / "run/file"), "of the host");
}

TEST_F(HostRootTest, NamesWhatIsMissing) {
  const auto fd = HostRoot("/no/such/root").Open("/run/file", O_RDONLY, "read");
  ASSERT_FALSE(fd.has_value());
  EXPECT_EQ(fd.error().Message(),
            "can't open the host's root /no/such/root: No such file or directory; "
            "check --host-root");
}

TEST_F(HostRootTest, FilesAreReadUpToALimit) {
  EXPECT_EQ(ReadFile(folder_ / "run/file", "read it").value_or(""), "of the host");
  const auto cut = ReadFile(folder_ / "run/file", "read it", 5);
  ASSERT_FALSE(cut.has_value());
  EXPECT_EQ(cut.error().kind, ErrorKind::kInput);
  EXPECT_EQ(cut.error().reason, "it is longer than 5 bytes");
}

}  // namespace
}  // namespace podtap
