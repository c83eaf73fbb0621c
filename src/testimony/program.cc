#include "testimony/program.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <memory>

#include "base/fd.h"

namespace podtap::testimony {
namespace {

constexpr size_t kLongestComplaint = 400;

struct Pipe {
  Fd read;
  Fd write;
};

Result<Pipe> NewPipe(const std::string& program) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    return std::unexpected(SystemError("start", program, errno));
  }
  return Pipe{Fd(ends[0]), Fd(ends[1])};
}

// The child of posix_spawn, killed and reaped at the latest when this goes.
class Child {
 public:
  explicit Child(pid_t pid) : pid_(pid) {}
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    if (pid_ <= 0) return;
    Kill();
    Wait(0);
  }

  void Kill() const { ::kill(pid_, SIGKILL); }
  // True once it has ended; its status then.
  bool HasEnded(int& status) {
    if (!Wait(WNOHANG)) return false;
    status = status_;
    return true;
  }

 private:
  bool Wait(int flags) {
    if (pid_ <= 0) return true;
    pid_t got = 0;
    do {
      got = ::waitpid(pid_, &status_, flags);
    } while (got < 0 && errno == EINTR);
    if (got == 0) return false;
    pid_ = -1;
    return true;
  }

  pid_t pid_;
  int status_ = 0;
};

Result<pid_t> Spawn(const std::vector<std::string>& argv, const Pipe& out, const Pipe& err) {
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&files, out.write.get(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&files, err.write.get(), STDERR_FILENO);
  // Not the signals that this process blocks or ignores, nor those of its terminal.
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none, defaults;
  sigemptyset(&none);
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGPIPE);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  std::vector<std::string> copies = argv;  // exec(3) takes no constants
  std::vector<char*> words;
  for (std::string& word : copies) words.push_back(word.data());
  words.push_back(nullptr);
  pid_t pid = -1;
  const int error = ::posix_spawnp(&pid, words[0], &files, &attributes, words.data(), environ);
  posix_spawn_file_actions_destroy(&files);
  posix_spawnattr_destroy(&attributes);
  if (error != 0) return std::unexpected(SystemError("start", argv[0], error));
  return pid;
}

// Adds what is there to read; false at the end.
bool ReadSome(const Fd& fd, std::string& text, size_t limit) {
  std::array<char, 65536> buffer;
  const ssize_t n = ::read(fd.get(), buffer.data(), buffer.size());
  if (n < 0) return errno == EINTR || errno == EAGAIN;
  if (text.size() < limit) {
    text.append(buffer.data(), std::min(static_cast<size_t>(n), limit + 1 - text.size()));
  }
  return n > 0;
}

}  // namespace

Result<ProgramOutput> RunProgram(const std::vector<std::string>& argv, container::Deadline deadline,
                                 size_t limit) {
  auto out = NewPipe(argv[0]);
  if (!out) return std::unexpected(std::move(out.error()));
  auto err = NewPipe(argv[0]);
  if (!err) return std::unexpected(std::move(err.error()));
  const auto pid = Spawn(argv, *out, *err);
  if (!pid) return std::unexpected(pid.error());
  Child child(*pid);
  out->write = Fd();
  err->write = Fd();
  const Error late{.kind = ErrorKind::kSystem,
                   .tried = "wait for",
                   .on = argv[0],
                   .reason = "no answer within the time allowed",
                   .error_number = ETIMEDOUT};

  ProgramOutput output;
  while ((out->read.valid() || err->read.valid()) && !output.cut) {
    std::array<pollfd, 2> fds{{{out->read.get(), POLLIN, 0}, {err->read.get(), POLLIN, 0}}};
    const int left = container::MillisecondsLeft(deadline);
    if (left == 0) return std::unexpected(late);
    if (::poll(fds.data(), fds.size(), left) <= 0) continue;
    if (fds[0].revents != 0 && !ReadSome(out->read, output.text, limit)) out->read = Fd();
    if (fds[1].revents != 0 && !ReadSome(err->read, output.complaint, kLongestComplaint)) {
      err->read = Fd();
    }
    output.cut = output.text.size() > limit;
  }
  if (output.cut) {
    output.text.resize(limit);
    child.Kill();
  }
  output.complaint.resize(std::min(output.complaint.find('\n'), output.complaint.size()));
  while (!child.HasEnded(output.status)) {
    if (container::MillisecondsLeft(deadline) == 0) return std::unexpected(late);
    ::usleep(500);
  }
  return output;
}

}  // namespace podtap::testimony
