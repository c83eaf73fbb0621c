// Signals that a process brings upon itself: abort, SIGPIPE, timers, its terminal.
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdlib>
#include <ctime>
#include <iterator>

#include "actor.h"

namespace victim {
namespace {

[[noreturn]] void Burn() {
  volatile unsigned long turns = 0;
  while (true) turns = turns + 1;
}

int Abort(Arguments) { std::abort(); }

// tgkill SIGNAL: to itself, as raise() does, without abort()'s second try.
int Tgkill(Arguments args) {
  syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), SignalNumber(args[0]));
  while (true) pause();
}

// kill-self SIGNAL: kill(getpid()).
int KillSelf(Arguments args) {
  kill(getpid(), SignalNumber(args[0]));
  while (true) pause();
}

int Pipe(Arguments) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return Failed("pipe2");
  close(ends[0]);
  if (write(ends[1], "x", 1) < 0) return Failed("write");
  return 0;
}

int Alarm(Arguments) {
  // alarm() counts in seconds; this is the same timer.
  const itimerval soon = {{0, 0}, {0, 20'000}};
  if (setitimer(ITIMER_REAL, &soon, nullptr) != 0) return Failed("setitimer");
  while (true) pause();
}

int AlarmSecond(Arguments) {
  alarm(1);
  while (true) pause();
}

int Busy(__itimer_which which) {
  const itimerval soon = {{0, 0}, {0, 10'000}};
  if (setitimer(which, &soon, nullptr) != 0) return Failed("setitimer");
  Burn();
}
int Profiler(Arguments) { return Busy(ITIMER_PROF); }
int VirtualTimer(Arguments) { return Busy(ITIMER_VIRTUAL); }

int PosixTimer(Arguments) {
  timer_t timer;
  if (timer_create(CLOCK_MONOTONIC, nullptr, &timer) != 0) return Failed("timer_create");
  const itimerspec soon = {{0, 0}, {0, 20'000'000}};
  if (timer_settime(timer, 0, &soon, nullptr) != 0) return Failed("timer_settime");
  while (true) pause();
}

// hangup ACTOR...: a child leads a session on a terminal that is then closed. Ends as
// a shell does.
int Hangup(Arguments args) {
  const int terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (terminal < 0 || grantpt(terminal) != 0 || unlockpt(terminal) != 0) {
    return Failed("posix_openpt");
  }
  const char* name = ptsname(terminal);
  int ready[2];
  if (pipe2(ready, O_CLOEXEC) != 0) return Failed("pipe2");
  const pid_t child = fork();
  if (child < 0) return Failed("fork");
  if (child == 0) {
    close(terminal);
    setsid();
    // The first terminal that a session's leader opens is its own.
    if (open(name, O_RDWR) < 0) _exit(Failed(name));
    if (write(ready[1], "x", 1) < 0) _exit(70);
    _exit(Act(args));
  }
  char byte = 0;
  if (read(ready[0], &byte, 1) != 1) return Failed("read");
  close(terminal);
  return Await(child);
}

constexpr Actor kActors[] = {
    {"abort", "", Abort},
    {"tgkill", "SIGNAL", Tgkill},
    {"kill-self", "SIGNAL", KillSelf},
    {"pipe", "", Pipe},
    {"alarm", "", Alarm},
    {"alarm-second", "", AlarmSecond},
    {"profiler", "", Profiler},
    {"virtual-timer", "", VirtualTimer},
    {"posix-timer", "", PosixTimer},
    {"hangup", "ACTOR...", Hangup},
};

}  // namespace

Actors Signals() { return {std::begin(kActors), std::end(kActors)}; }

}  // namespace victim
