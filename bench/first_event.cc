// Takes the time from the start of a tracer to its first event.
//
//   first_event PID MARKER COMMAND...
//
// PID ignores SIGURG and gets one every 100 us, from before COMMAND is started.
// The time ends when MARKER shows on COMMAND's stdout: so it counts for every
// tracer alike, whatever it says of itself. Prints "MICROSECONDS PEAK_RSS_KB".
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

namespace {

constexpr int64_t kGiveUpNs = 30'000'000'000;

int64_t Now() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

pid_t StartSender(pid_t target) {
  const pid_t sender = fork();
  if (sender != 0) return sender;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  prctl(PR_SET_TIMERSLACK, 1000);
  const timespec pause_time{.tv_sec = 0, .tv_nsec = 100'000};
  for (;;) {
    kill(target, SIGURG);
    nanosleep(&pause_time, nullptr);
  }
}

// VmHWM is of the program that runs now; rusage would count ours before exec.
long PeakKilobytes(pid_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  std::string line;
  while (std::getline(status, line)) {
    if (line.starts_with("VmHWM:")) return std::atol(line.c_str() + 6);
  }
  return 0;
}

// True once `marker` came; false at the end of the output or after too long.
bool WaitFor(int fd, const std::string& marker, int64_t start) {
  std::string seen;
  std::array<char, 4096> chunk{};
  while (Now() - start < kGiveUpNs) {
    pollfd ready{.fd = fd, .events = POLLIN, .revents = 0};
    if (poll(&ready, 1, 100) <= 0) continue;
    const ssize_t got = read(fd, chunk.data(), chunk.size());
    if (got <= 0) return false;
    seen.append(chunk.data(), static_cast<size_t>(got));
    if (seen.find(marker) != std::string::npos) return true;
  }
  return false;
}

// Ends the tracer and waits for it. bpftrace 0.17 now and then forgets a
// SIGINT that comes in an unlucky moment, so it is told again.
void Stop(pid_t tracer, int fd) {
  std::array<char, 65536> rest{};
  for (int tries = 0; tries < 30; ++tries) {
    kill(tracer, tries < 29 ? SIGINT : SIGKILL);
    pollfd ready{.fd = fd, .events = POLLIN, .revents = 0};
    while (poll(&ready, 1, 200) > 0) {
      if (read(fd, rest.data(), rest.size()) > 0) continue;
      waitpid(tracer, nullptr, 0);
      return;
    }
  }
  waitpid(tracer, nullptr, 0);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fputs("first_event PID MARKER COMMAND...\n", stderr);
    return 2;
  }
  const pid_t sender = StartSender(std::atoi(argv[1]));
  std::array<int, 2> output{};
  if (pipe(output.data()) != 0) return 1;

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, output[1], 1);
  posix_spawn_file_actions_addclose(&actions, output[0]);
  posix_spawn_file_actions_addclose(&actions, output[1]);
  pid_t tracer = 0;
  const int64_t start = Now();
  const int error = posix_spawnp(&tracer, argv[3], &actions, nullptr, argv + 3, environ);
  close(output[1]);
  const bool came = error == 0 && WaitFor(output[0], argv[2], start);
  const int64_t took = Now() - start;

  kill(sender, SIGKILL);
  waitpid(sender, nullptr, 0);
  if (error == 0) {
    const long peak = PeakKilobytes(tracer);
    Stop(tracer, output[0]);
    if (came) std::printf("%lld %ld\n", static_cast<long long>(took / 1000), peak);
  }
  return came ? 0 : 1;
}
