// seccomp: a filter that ends the process or one thread at one system call.
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <iterator>

#include "actor.h"

namespace victim {
namespace {

// Nothing else here calls it, so a filter of the runtime's can be about it as well.
constexpr unsigned kForbidden = SYS_getpriority;

void CallForbidden() { syscall(kForbidden, 0, 0); }

int Install(unsigned action) {
  sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kForbidden, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, action),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program = {static_cast<unsigned short>(std::size(code)), code};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return Failed("PR_SET_NO_NEW_PRIVS");
  return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0 ? 0 : Failed("PR_SET_SECCOMP");
}

// Somebody else's filter must stop it; 0 if none does.
int Forbidden(Arguments) {
  CallForbidden();
  return 0;
}

int KillProcess(Arguments) {
  const int failed = Install(SECCOMP_RET_KILL_PROCESS);
  if (failed != 0) return failed;
  CallForbidden();
  return 0;
}

void* Worker(void*) {
  CallForbidden();
  return nullptr;
}

// A worker thread is ended without a signal; the program sees it and gives up.
// seccomp-worker CODE
int KillWorker(Arguments args) {
  const int code = static_cast<int>(Number(args[0]));
  const int failed = Install(SECCOMP_RET_KILL_THREAD);
  if (failed != 0) return failed;
  pthread_t thread;
  errno = pthread_create(&thread, nullptr, Worker, nullptr);
  if (errno != 0) return Failed("pthread_create");
  pthread_join(thread, nullptr);
  return code;
}

void* OutliveLeader(void* code) {
  usleep(50'000);
  // Ends the thread alone; exit_group() would be everybody's end.
  syscall(SYS_exit, *static_cast<int*>(code));
  return nullptr;
}

// The first thread is ended without a signal, the other ends by itself later. The
// process' exit code is the last thread's (Linux 6.18), or the first one's SIGSYS.
// seccomp-leader CODE
int KillLeader(Arguments args) {
  int code = static_cast<int>(Number(args[0]));
  pthread_t thread;
  errno = pthread_create(&thread, nullptr, OutliveLeader, &code);
  if (errno != 0) return Failed("pthread_create");
  const int failed = Install(SECCOMP_RET_KILL_THREAD);
  if (failed != 0) return failed;
  CallForbidden();
  return 0;
}

constexpr Actor kActors[] = {
    {"forbidden", "", Forbidden},
    {"seccomp-process", "", KillProcess},
    {"seccomp-worker", "CODE", KillWorker},
    {"seccomp-leader", "CODE", KillLeader},
};

}  // namespace

Actors Filters() { return {std::begin(kActors), std::end(kActors)}; }

}  // namespace victim
