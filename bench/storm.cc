// A load of forks and signals at a steady rate.
//
//   storm FORKS SIGNALS SECONDS
//
// FORKS a second by one process, whose children end at once; SIGNALS a second by another,
// to a third that ignores them. Prints one JSON object: how many there were, the seconds
// that it took, and the CPU time of both, children's included, in ns a fork and a signal.
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>

namespace {

constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kTick = 1'000'000;
constexpr int kSignal = SIGUSR1;

struct Done {
  int64_t count = 0;
  int64_t ns = 0;      // from the first to the last
  int64_t cpu_ns = 0;  // of the process that did it and of its children
};

int64_t Now() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * kSecond + now.tv_nsec;
}

int64_t Cpu(int who) {
  rusage used{};
  getrusage(who, &used);
  const auto ns = [](const timeval& time) {
    return int64_t{time.tv_sec} * kSecond + int64_t{time.tv_usec} * 1000;
  };
  return ns(used.ru_utime) + ns(used.ru_stime);
}

// vfork(2): to the tracepoints a fork like any other, and without a copy of the page tables,
// which alone would take more than two CPUs at such rates.
void Fork() {
  // NOLINTNEXTLINE(clang-analyzer-security.insecureAPI.vfork,bugprone-unsafe-functions)
  const pid_t child = vfork();
  if (child == 0) _exit(0);
  if (child > 0) waitpid(child, nullptr, 0);
}

// As many as are due by now, once a tick: a late tick is made up for.
Done Steadily(int64_t rate, int64_t seconds, const std::function<void()>& once) {
  Done done;
  const int64_t all = rate * seconds;
  const int64_t start = Now();
  while (done.count < all) {
    const int64_t due = std::min(all, (Now() - start) / kTick * rate / (kSecond / kTick));
    for (; done.count < due; ++done.count) once();
    const timespec pause{.tv_sec = 0, .tv_nsec = kTick / 4};
    nanosleep(&pause, nullptr);
  }
  done.ns = Now() - start;
  done.cpu_ns = Cpu(RUSAGE_SELF) + Cpu(RUSAGE_CHILDREN);
  return done;
}

pid_t StartTarget() {
  signal(kSignal, SIG_IGN);
  const pid_t target = fork();
  if (target != 0) return target;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  for (;;) pause();
}

void Print(const char* name, const Done& done, const char* end) {
  std::printf(
      "\"%s\": {\"count\": %lld, \"seconds\": %.3f, \"cpu_ns\": %.0f}%s", name,
      static_cast<long long>(done.count), static_cast<double>(done.ns) / kSecond,
      done.count > 0 ? static_cast<double>(done.cpu_ns) / static_cast<double>(done.count) : 0.0,
      end);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fputs("storm FORKS SIGNALS SECONDS\n", stderr);
    return 2;
  }
  const int64_t forks = std::atoll(argv[1]), signals = std::atoll(argv[2]);
  const int64_t seconds = std::atoll(argv[3]);
  void* page = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return 1;
  auto* results = static_cast<Done*>(page);
  std::uninitialized_default_construct_n(results, 2);

  const pid_t target = StartTarget();
  const pid_t forker = fork();
  if (forker == 0) {
    results[0] = Steadily(forks, seconds, Fork);
    _exit(0);
  }
  const pid_t sender = fork();
  if (sender == 0) {
    results[1] = Steadily(signals, seconds, [&] { kill(target, kSignal); });
    _exit(0);
  }
  waitpid(forker, nullptr, 0);
  waitpid(sender, nullptr, 0);
  kill(target, SIGKILL);
  waitpid(target, nullptr, 0);
  std::printf("{");
  Print("forks", results[0], ", ");
  Print("signals", results[1], "}\n");
  return 0;
}
