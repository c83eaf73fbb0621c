#include "recorder/proc_files.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace podtap::recorder {
namespace {

TEST(ProcFiles, ParsesAStatLineWithAHostileName) {
  const auto stat = ParseStat(
      "7942 (a) R 1 (b c) S 23 7942 7942 34819 7942 4194304 100 0 0 0 1 2 0 0 20 0 1 0 12345 99 1");
  ASSERT_TRUE(stat.has_value());
  EXPECT_EQ(stat->pid, 7942);
  EXPECT_EQ(stat->comm, "a) R 1 (b c");
  EXPECT_EQ(stat->parent, 23);
  EXPECT_EQ(stat->start.value, 123'450'000'000);
  EXPECT_FALSE(stat->kernel_thread);
}

TEST(ProcFiles, RefusesWhatIsNoStatLine) {
  for (std::string_view bad :
       {"", "x", "12", "12 (", "12 (a", "12 a)", "12 (a) S", ")(", "(a) S 1 1",
        "12 (a) S x 7942 7942 0 -1 4194304 0 0 0 0 0 0 0 0 20 0 1 0 1"}) {
    EXPECT_FALSE(ParseStat(bad).has_value()) << bad;
  }
}

TEST(ProcFiles, NamesTerminals) {
  EXPECT_EQ(TtyName(0), "");
  EXPECT_EQ(TtyName(136 << 8 | 3), "pts/3");
  EXPECT_EQ(TtyName(137 << 8 | 1), "pts/257");
  EXPECT_EQ(TtyName(4 << 8 | 1), "tty1");
  EXPECT_EQ(TtyName(4 << 8 | 64), "ttyS0");
  EXPECT_EQ(TtyName(204 << 8 | 64), "204:64");
}

TEST(ProcFiles, ReadsThisProcess) {
  const ProcFiles proc;
  const auto stat = proc.Stat(::getpid());
  ASSERT_TRUE(stat.has_value());
  EXPECT_EQ(stat->parent, ::getppid());
  const ProcessKey key{{::getpid()}, stat->start};
  const auto process = proc.Read(key);
  ASSERT_TRUE(process.has_value());
  EXPECT_EQ(process->uid, ::getuid());
  EXPECT_TRUE(process->exe.ends_with("recorder_test")) << process->exe;
  ASSERT_FALSE(process->args.empty());
  EXPECT_EQ(process->args[0], program_invocation_name);
  char cwd[4096];
  ASSERT_NE(::getcwd(cwd, sizeof cwd), nullptr);
  EXPECT_EQ(process->cwd, cwd);
  EXPECT_FALSE(process->exe_deleted);
  EXPECT_EQ(proc.Environment(::getpid(), "PATH"), std::getenv("PATH"));
  EXPECT_EQ(proc.Environment(::getpid(), "PAT"), "");
  // With another start it is another process.
  EXPECT_FALSE(proc.Read({{::getpid()}, {stat->start.value + 50'000'000}}).has_value());
}

TEST(ProcFiles, ListsAllAndMissesNone) {
  const ProcFiles proc;
  bool self = false, init = false;
  for (const ProcStat& stat : proc.All()) {
    self |= stat.pid == ::getpid();
    init |= stat.pid == 1;
  }
  EXPECT_TRUE(self);
  EXPECT_TRUE(init);
}

TEST(ProcFiles, AProcessThatEndedIsGone) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  ASSERT_GT(child, 0);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  const ProcFiles proc;
  EXPECT_FALSE(proc.Stat(child).has_value());
  EXPECT_FALSE(proc.OpenExe(child).valid());
}

}  // namespace
}  // namespace podtap::recorder
