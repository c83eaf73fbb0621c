// The parent-death signal: a parent that ends, and a parent's thread that does.
#include <fcntl.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <iterator>

#include "actor.h"

namespace victim {
namespace {

// Starts a child that wants `number` when its parent ends, and waits until it does.
pid_t SpawnBound(int number) {
  int ready[2];
  if (pipe2(ready, O_CLOEXEC) != 0) return -1;
  const pid_t child = fork();
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, number);
    if (write(ready[1], "x", 1) < 0) _exit(70);
    while (true) pause();
  }
  char byte = 0;
  if (read(ready[0], &byte, 1) != 1) return -1;
  close(ready[0]);
  close(ready[1]);
  return child;
}

// Init: middle ends at the gate, and its child, now ours, dies of it.
// pdeathsig-process SIGNAL GATE
int Process(Arguments args) {
  const int number = SignalNumber(args[0]);
  const pid_t middle = fork();
  if (middle < 0) return Failed("fork");
  if (middle == 0) {
    if (SpawnBound(number) < 0) _exit(70);
    AwaitGate(args[1]);
    _exit(0);
  }
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  int status = 0;
  pid_t ended = 0;
  while ((ended = wait(&status)) == middle || (ended < 0 && errno == EINTR)) {
  }
  if (ended < 0) return Failed("wait");
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

struct Order {
  int number;
  const char* gate;
  pid_t child;
};

void* ForkThenEnd(void* argument) {
  Order* order = static_cast<Order*>(argument);
  order->child = SpawnBound(order->number);
  AwaitGate(order->gate);
  return nullptr;
}

// The process lives on; the thread that forked ends. pdeathsig-thread SIGNAL GATE
int Thread(Arguments args) {
  Order order = {SignalNumber(args[0]), args[1], -1};
  pthread_t thread;
  errno = pthread_create(&thread, nullptr, ForkThenEnd, &order);
  if (errno != 0) return Failed("pthread_create");
  pthread_join(thread, nullptr);
  return order.child < 0 ? Failed("fork") : Await(order.child);
}

// bound SIGNAL ACTOR...: wants the signal when its own parent ends.
int Bound(Arguments args) {
  prctl(PR_SET_PDEATHSIG, SignalNumber(args[0]));
  return Act(args + 1);
}

constexpr Actor kActors[] = {
    {"pdeathsig-process", "SIGNAL GATE", Process},
    {"pdeathsig-thread", "SIGNAL GATE", Thread},
    {"bound", "SIGNAL ACTOR...", Bound},
};

}  // namespace

Actors Parents() { return {std::begin(kActors), std::end(kActors)}; }

}  // namespace victim
