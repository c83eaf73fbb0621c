// Killers: every way to send a signal, and every way to hide behind a name.
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <iterator>
#include <string>

#include "actor.h"

extern char** environ;

namespace victim {
namespace {

pid_t Pid(const char* text) { return static_cast<pid_t>(Number(text)); }

// Whether "everybody" means a container's processes, not the machine's.
bool IsInContainer() {
  char comm[16] = {};
  std::FILE* file = std::fopen("/proc/1/comm", "re");
  if (file == nullptr) return false;
  const bool known = std::fscanf(file, "%15s", comm) == 1 &&
                     (std::strcmp(comm, "sh") == 0 || std::strcmp(comm, "victim") == 0);
  std::fclose(file);
  return known;
}

// kill SIGNAL PID: 0 and below mean what they mean to kill(2).
int Kill(Arguments args) {
  const int number = SignalNumber(args[0]);
  const pid_t pid = Pid(args[1]);
  if ((pid == -1 || pid == 0) && !IsInContainer()) {
    std::fprintf(stderr, "victim: kills so many only where pid 1 is a container's\n");
    return 64;
  }
  return kill(pid, number) == 0 ? 0 : Failed("kill");
}

int KillParent(Arguments args) {
  return kill(getppid(), SignalNumber(args[0])) == 0 ? 0 : Failed("kill");
}

int Tgkill(Arguments args) {
  const int number = SignalNumber(args[0]);
  const pid_t pid = Pid(args[1]);
  return syscall(SYS_tgkill, pid, pid, number) == 0 ? 0 : Failed("tgkill");
}

int Pidfd(Arguments args) {
  const int number = SignalNumber(args[0]);
  const long descriptor = syscall(SYS_pidfd_open, Pid(args[1]), 0);
  if (descriptor < 0) return Failed("pidfd_open");
  if (syscall(SYS_pidfd_send_signal, descriptor, number, nullptr, 0) != 0) {
    return Failed("pidfd_send_signal");
  }
  return 0;
}

// sigqueue SIGNAL PID: code -1.
int Queue(Arguments args) {
  const int number = SignalNumber(args[0]);
  return sigqueue(Pid(args[1]), number, {}) == 0 ? 0 : Failed("sigqueue");
}

void* KillFromThread(void* argument) {
  Arguments args = static_cast<Arguments>(argument);
  pthread_setname_np(pthread_self(), "hitman");
  Kill(args);
  return nullptr;
}

// The thread that kills is called "hitman"; the process isn't.
int ThreadKill(Arguments args) {
  pthread_t thread;
  errno = pthread_create(&thread, nullptr, KillFromThread, args);
  if (errno != 0) return Failed("pthread_create");
  pthread_join(thread, nullptr);
  return 0;
}

// write PATH TEXT, as to cgroup.kill.
int Write(Arguments args) {
  if (args[0] == nullptr || args[1] == nullptr) return Act(args);
  const int file = open(args[0], O_WRONLY | O_CLOEXEC);
  if (file < 0) return Failed(args[0]);
  if (write(file, args[1], std::strlen(args[1])) < 0) return Failed(args[0]);
  return 0;
}

// memfd NAME ACTOR...: runs on from a file that no folder holds.
int Memfd(Arguments args) {
  if (args[0] == nullptr || args[1] == nullptr) return Act(args);
  const int from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  const int to = memfd_create(args[0], MFD_CLOEXEC);
  if (from < 0 || to < 0) return Failed("memfd_create");
  char block[65536];
  ssize_t got = 0;
  while ((got = read(from, block, sizeof block)) > 0) {
    if (write(to, block, static_cast<size_t>(got)) != got) return Failed("write");
  }
  // args[0] serves as argv[0].
  fexecve(to, args, environ);
  return Failed("fexecve");
}

// A line "STEP PID" to the file, in one write.
void Report(const char* path, const char* step) {
  const int file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  char line[64];
  const int length = std::snprintf(line, sizeof line, "%s %d\n", step, getpid());
  if (file < 0 || write(file, line, static_cast<size_t>(length)) != length) Failed(path);
  close(file);
}

// daemon FOLDER ACTOR...: forks twice and tells the three pids in FOLDER/pids. The
// first two live until FOLDER/leave-first and FOLDER/leave-second are there; the
// third, whom init adopts then, waits for FOLDER/go and acts.
int Daemon(Arguments args) {
  if (args[0] == nullptr) return Act(args);
  const std::string folder = args[0];
  const std::string pids = folder + "/pids";
  Report(pids.c_str(), "first");
  const pid_t second = fork();
  if (second < 0) return Failed("fork");
  if (second > 0) return AwaitGate((folder + "/leave-first").c_str());
  Report(pids.c_str(), "second");
  const pid_t third = fork();
  if (third < 0) _exit(Failed("fork"));
  if (third > 0) _exit(AwaitGate((folder + "/leave-second").c_str()));
  setsid();
  Report(pids.c_str(), "third");
  AwaitGate((folder + "/go").c_str());
  _exit(Act(args + 1));
}

long ResidentKib(pid_t pid) {
  char path[64];
  std::snprintf(path, sizeof path, "/proc/%d/statm", pid);
  std::FILE* file = std::fopen(path, "re");
  long total = 0;
  long resident = 0;
  if (file == nullptr || std::fscanf(file, "%ld %ld", &total, &resident) != 2) resident = -1;
  if (file != nullptr) std::fclose(file);
  return resident < 0 ? -1 : resident * (sysconf(_SC_PAGESIZE) / 1024);
}

// watch-memory SIGNAL LIMIT_KIB PID...: kills the first process that grows beyond, by
// its own decision, as earlyoom does.
int WatchMemory(Arguments args) {
  const int number = SignalNumber(args[0]);
  const long limit = Number(args[1]);
  while (true) {
    bool any = false;
    for (Arguments pid = args + 2; *pid != nullptr; ++pid) {
      const long resident = ResidentKib(Pid(*pid));
      any = any || resident >= 0;
      if (resident > limit) return kill(Pid(*pid), number) == 0 ? 0 : Failed("kill");
    }
    if (!any) return 1;
    usleep(2000);
  }
}

constexpr Actor kActors[] = {
    {"kill", "SIGNAL PID", Kill},           {"kill-parent", "SIGNAL", KillParent},
    {"tgkill-other", "SIGNAL PID", Tgkill}, {"pidfd", "SIGNAL PID", Pidfd},
    {"sigqueue", "SIGNAL PID", Queue},      {"thread-kill", "SIGNAL PID", ThreadKill},
    {"write", "PATH TEXT", Write},          {"memfd", "NAME ACTOR...", Memfd},
    {"daemon", "FOLDER ACTOR...", Daemon},  {"watch-memory", "SIGNAL KIB PID...", WatchMemory},
};

}  // namespace

Actors Killers() { return {std::begin(kActors), std::end(kActors)}; }

}  // namespace victim
