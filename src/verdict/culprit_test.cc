#include "verdict/culprit.h"

#include <gtest/gtest.h>

namespace podtap::verdict {
namespace {

using Flags = std::vector<std::string>;

Flags FlagsOf(std::string comm, std::string exe, std::vector<std::string> args) {
  store::Process process;
  process.comm = std::move(comm);
  process.exe = std::move(exe);
  process.args = std::move(args);
  return SuspiciousFlags(process);
}

TEST(Flags, WhereAProgramLies) {
  EXPECT_EQ(FlagsOf("x", "/tmp/x", {"x"}), Flags{"temp_exe"});
  EXPECT_EQ(FlagsOf("x", "/dev/shm/.x/x", {"x"}), Flags{"temp_exe"});
  EXPECT_EQ(FlagsOf("x", "/var/tmp/x", {"x"}), Flags{"temp_exe"});
  EXPECT_EQ(FlagsOf("x", "/usr/bin/x", {"x"}), Flags{});
  EXPECT_EQ(FlagsOf("x", "/opt/tmp/x", {"x"}), Flags{});
  store::Process process;
  process.comm = "x";
  process.exe = "/memfd:x";
  process.exe_memfd = true;
  process.exe_deleted = true;  // a memfd never had a name
  EXPECT_EQ(SuspiciousFlags(process), Flags{"memfd_exe"});
  process.comm = "kworker/0:1";
  EXPECT_EQ(SuspiciousFlags(process), (Flags{"memfd_exe", "name_mismatch"}));
}

TEST(Flags, ANameThatIsUnlikeItsProgram) {
  EXPECT_EQ(FlagsOf("sshd", "/usr/bin/xmrig", {"xmrig"}), Flags{"name_mismatch"});
  EXPECT_EQ(FlagsOf("kworker/u8:2", "/usr/lib/x", {"kworker/u8:2"}), Flags{"name_mismatch"});
  EXPECT_EQ(FlagsOf("x", "/usr/lib/y", {"[kthreadd]"}), Flags{"name_mismatch"});
}

struct Harmless {
  const char* comm;
  const char* exe;
  std::vector<std::string> args;
};

TEST(Flags, WhatIsRenamedWithoutHarm) {
  const std::vector<Harmless> all = {
      {"pkill", "/usr/bin/pgrep", {"pkill", "-9", "x"}},                      // a link
      {"python3", "/usr/bin/python3.11", {"python3", "x.py"}},                // a version
      {"backup.sh", "/usr/bin/bash", {"/bin/bash", "/usr/local/backup.sh"}},  // a script
      {"certbot", "/usr/bin/python3.11", {"/usr/bin/python3", "/usr/bin/certbot"}},
      {"sh", "/bin/busybox", {"sh", "-c", "x"}},
      {"-bash", "/usr/bin/bash", {"-bash"}},
      {"nginx", "/usr/sbin/nginx", {"nginx: worker process"}},
      {"sshd", "/usr/sbin/sshd", {"sshd: alice [priv]"}},
      {"(sd-pam)", "/usr/lib/systemd/systemd", {"(sd-pam)"}},
      {"(nginx)", "/usr/lib/systemd/systemd-executor", {"x"}},
      {"containerd-shim", "/usr/bin/containerd-shim-runc-v2", {"containerd-shim-runc-v2"}},
      {"runc:[2:INIT]", "/usr/sbin/runc", {"runc", "init"}},
      {"java", "/opt/jdk/bin/java", {"java", "-jar", "x.jar"}},
      {"MainThread", "/usr/bin/node", {"node", "x.js"}},  // Node's own name
      {"gunicorn: maste", "/usr/bin/python3.11", {"gunicorn: master [app]"}},
      {"postgres", "/usr/lib/postgresql/15/bin/postgres", {"postgres: checkpointer"}},
      {"php-fpm8.2", "/usr/sbin/php-fpm8.2", {"php-fpm: pool www"}},
      {"a", "", {}},  // nothing known
  };
  for (const Harmless& one : all) {
    EXPECT_EQ(FlagsOf(one.comm, one.exe, one.args), Flags{}) << one.comm << " " << one.exe;
  }
  store::Process kernel;
  kernel.comm = "kworker/0:1";
  kernel.kernel_thread = true;
  EXPECT_EQ(SuspiciousFlags(kernel), Flags{});
}

}  // namespace
}  // namespace podtap::verdict
