#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <optional>
#include <utility>

#include "base/fd.h"
#include "serve/notifier.h"
#include "serve/wait.h"

namespace podtap::serve {
namespace {

using container::Deadline;
using container::MillisecondsLeft;

std::unexpected<Error> Failed(const std::string& command, std::string reason) {
  return std::unexpected(Error{.kind = ErrorKind::kSystem,
                               .tried = "notify by",
                               .on = command,
                               .reason = std::move(reason)});
}

// A command that ends before it has read everything is no reason to die of SIGPIPE.
class PipeSignalBlocked {
 public:
  PipeSignalBlocked() {
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~PipeSignalBlocked() {
    if (sigismember(&before_, SIGPIPE) == 1) return;
    const timespec now{};
    while (::sigtimedwait(&pipe_, nullptr, &now) > 0) {
    }
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  PipeSignalBlocked(const PipeSignalBlocked&) = delete;
  PipeSignalBlocked& operator=(const PipeSignalBlocked&) = delete;

 private:
  sigset_t pipe_{};
  sigset_t before_{};
};

// A child in a process group of its own; killed with it unless it has ended.
class Child {
 public:
  static Result<Child> Start(const std::string& command) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return Failed(command, "no pipe");
    Child child;
    const Fd reading(ends[0]);
    child.input_ = Fd(ends[1]);
    ::fcntl(child.input_.get(), F_SETFL, O_NONBLOCK);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, reading.get(), STDIN_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    // The recorder's own handling of signals is not for others.
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(
        &attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    std::string shell = "sh";
    std::string option = "-c";
    std::string script = command;
    std::array<char*, 4> arguments = {shell.data(), option.data(), script.data(), nullptr};
    const int error =
        ::posix_spawn(&child.pid_, "/bin/sh", &actions, &attributes, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    if (error != 0) return std::unexpected(SystemError("notify by", command, error));
    child.pidfd_ = Fd(static_cast<int>(::syscall(SYS_pidfd_open, child.pid_, 0)));
    return child;
  }

  Child(Child&& other) noexcept
      : pid_(std::exchange(other.pid_, -1)),
        input_(std::move(other.input_)),
        pidfd_(std::move(other.pidfd_)) {}
  Child& operator=(Child&&) = delete;
  ~Child() {
    if (pid_ <= 0) return;
    ::kill(-pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }

  // Its wait status, or nullopt: not in time. Writes the text meanwhile.
  std::optional<int> Feed(std::string_view text, Deadline deadline, const std::stop_token& stop) {
    const PipeSignalBlocked blocked;
    while (MillisecondsLeft(deadline) > 0 && !stop.stop_requested()) {
      if (text.empty()) input_ = Fd();
      std::array<pollfd, 2> waiting = {
          {{pidfd_.get(), POLLIN, 0}, {text.empty() ? -1 : input_.get(), POLLOUT, 0}}};
      ::poll(waiting.data(), waiting.size(), std::min(kLookEveryMs, MillisecondsLeft(deadline)));
      if (const auto status = Status()) return status;
      if (waiting[1].revents == 0) continue;
      const ssize_t n = ::write(input_.get(), text.data(), text.size());
      if (n > 0) text.remove_prefix(static_cast<size_t>(n));
      if (n < 0 && errno != EAGAIN && errno != EINTR) text = {};  // it doesn't read
    }
    return std::nullopt;
  }

 private:
  Child() = default;
  // Its wait status once it has ended; 0 where SIGCHLD is ignored, since nobody knows then
  // and to run the command again and again would be worse.
  std::optional<int> Status() {
    siginfo_t info{};
    const int known = ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT);
    if (known == 0 && info.si_pid == 0) return std::nullopt;
    int status = 0;
    const pid_t ended = std::exchange(pid_, -1);
    if (known != 0) return status;
    // What it left behind in its group is not ours to keep. Killed before the number is
    // given back: afterwards the group may be a stranger's.
    ::kill(-ended, SIGKILL);
    ::waitpid(ended, &status, 0);
    return status;
  }

  pid_t pid_ = -1;
  Fd input_;
  Fd pidfd_;
};

}  // namespace

Send ByCommand(std::string command) {
  return [command = std::move(command)](const std::string& text, Deadline deadline,
                                        const std::stop_token& stop) -> Result<void> {
    auto child = Child::Start(command);
    if (!child) return std::unexpected(std::move(child.error()));
    const auto status = child->Feed(text + "\n", deadline, stop);
    if (!status) return Failed(command, "it didn't end in time");
    if (WIFEXITED(*status) && WEXITSTATUS(*status) == 0) return {};
    if (WIFEXITED(*status)) {
      return Failed(command, "exit status " + std::to_string(WEXITSTATUS(*status)));
    }
    return Failed(command, "ended by signal " + std::to_string(WTERMSIG(*status)));
  };
}

}  // namespace podtap::serve
