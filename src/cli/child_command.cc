#include "cli/child_command.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <wordexp.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace podtap::cli {

ChildCommand::~ChildCommand() {
  // A command whose gate never opened has run nothing: end it.
  if (pid_ > 0 && gate_.valid()) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
}

Result<void> ChildCommand::Start(const std::string& command) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    return std::unexpected(SystemError("start the command", command, errno));
  }
  Fd read_end(ends[0]), write_end(ends[1]);
  const pid_t pid = ::fork();
  if (pid < 0) return std::unexpected(SystemError("start the command", command, errno));
  if (pid == 0) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    char go = 0;
    write_end = Fd();
    if (::read(read_end.get(), &go, 1) != 1) _exit(127);
    wordexp_t words;
    if (::wordexp(command.c_str(), &words, WRDE_NOCMD | WRDE_UNDEF) == 0 && words.we_wordc > 0) {
      ::execvp(words.we_wordv[0], words.we_wordv);
      std::fprintf(stderr, "podtap: can't run %s: %s\n", words.we_wordv[0], std::strerror(errno));
      _exit(errno == ENOENT ? 127 : 126);
    }
    ::execl("/bin/sh", "sh", "-c", command.c_str(), static_cast<char*>(nullptr));
    _exit(127);
  }
  pid_ = pid;
  gate_ = std::move(write_end);
  pidfd_ = Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!pidfd_.valid()) return std::unexpected(SystemError("watch the command", command, errno));
  return {};
}

void ChildCommand::OpenGate() {
  if (!gate_.valid()) return;
  const char go = 1;
  [[maybe_unused]] const ssize_t written = ::write(gate_.get(), &go, 1);
  gate_ = Fd();
}

std::string ChildCommand::Reap() {
  int status = 0;
  if (::waitpid(pid_, &status, 0) != pid_) return "";
  pid_ = -1;
  if (WIFEXITED(status)) {
    if (WEXITSTATUS(status) == 0) return "";
    return "Child process exited with status " + std::to_string(WEXITSTATUS(status));
  }
  return "Child process exited with signal " + std::to_string(WTERMSIG(status)) + " (" +
         strsignal(WTERMSIG(status)) + ")";
}

}  // namespace podtap::cli
