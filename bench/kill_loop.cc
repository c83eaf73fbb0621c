// Sends signals and takes the time.
//
//   kill_loop cost BATCHES KILLS     ns of one kill(2) of a signal that its
//                                    target ignores, one line a batch
//   kill_loop storm PID KILLS N      N processes, each on a CPU of its own, send
//                                    KILLS signals to PID in all, as fast as they
//                                    can; prints the wall time in ns
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace {

// Ignored by default, and by nothing that we signal handled.
constexpr int kSignal = SIGURG;

int64_t Now() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

void PinTo(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  sched_setaffinity(0, sizeof(set), &set);
}

bool SendMany(pid_t pid, int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    if (kill(pid, kSignal) != 0) return false;
  }
  return true;
}

int Cost(int64_t batches, int64_t kills) {
  PinTo(0);
  const pid_t target = fork();
  if (target == 0) {
    for (;;) pause();
  }
  SendMany(target, kills / 10);  // warm caches and branch predictors
  for (int64_t batch = 0; batch < batches; ++batch) {
    const int64_t start = Now();
    if (!SendMany(target, kills)) return 1;
    std::printf("%.1f\n", static_cast<double>(Now() - start) / static_cast<double>(kills));
  }
  kill(target, SIGKILL);
  waitpid(target, nullptr, 0);
  return 0;
}

int Storm(pid_t target, int64_t kills, int processes) {
  // A page that the senders share: all wait in it for the start.
  void* page = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return 1;
  auto* ready = std::construct_at(static_cast<std::atomic<int>*>(page), 0);

  std::vector<pid_t> senders;
  for (int n = 0; n < processes; ++n) {
    const pid_t sender = fork();
    if (sender == 0) {
      PinTo(n);
      ready->fetch_add(1);
      while (ready->load() <= processes) sched_yield();
      _exit(SendMany(target, kills / processes) ? 0 : 1);
    }
    senders.push_back(sender);
  }
  while (ready->load() < processes) sched_yield();
  const int64_t start = Now();
  ready->store(processes + 1);
  bool good = true;
  for (const pid_t sender : senders) {
    int status = 0;
    waitpid(sender, &status, 0);
    good = good && status == 0;
  }
  std::printf("%lld\n", static_cast<long long>(Now() - start));
  return good ? 0 : 1;
}

int Usage() {
  std::fputs("kill_loop cost BATCHES KILLS | kill_loop storm PID KILLS PROCESSES\n", stderr);
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view mode = argc > 1 ? argv[1] : "";
  if (mode == "cost" && argc == 4) return Cost(std::atoll(argv[2]), std::atoll(argv[3]));
  if (mode == "storm" && argc == 5) {
    return Storm(std::atoi(argv[2]), std::atoll(argv[3]), std::atoi(argv[4]));
  }
  return Usage();
}
