// Actors that live until something ends them, and the gate that holds one back.
#include <pthread.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <iterator>
#include <string>

#include "actor.h"

namespace victim {
namespace {

int end_code = 0;

void End(int) { _exit(end_code); }

[[noreturn]] void Forever() {
  while (true) pause();
}

int Wait(Arguments) { Forever(); }

// wait-handling SIGNAL CODE: the signal makes it exit with the code.
int WaitHandling(Arguments args) {
  const int number = SignalNumber(args[0]);
  end_code = static_cast<int>(Number(args[1]));
  struct sigaction action = {};
  action.sa_handler = End;
  if (sigaction(number, &action, nullptr) != 0) return Failed("sigaction");
  Forever();
}

int WaitIgnoring(Arguments args) {
  for (; *args != nullptr; ++args) signal(SignalNumber(*args), SIG_IGN);
  Forever();
}

// live MILLISECONDS CODE
int Live(Arguments args) {
  const long wanted = Number(args[0]);
  const int code = static_cast<int>(Number(args[1]));
  usleep(static_cast<useconds_t>(wanted) * 1000);
  return code;
}

int Exit(Arguments args) { return static_cast<int>(Number(args[0])); }

// gate PATH ACTOR...: nothing happens before the gate opens.
int Gate(Arguments args) {
  if (args[0] == nullptr) return Act(args);
  const int failed = AwaitGate(args[0]);
  return failed != 0 ? failed : Act(args + 1);
}

// as NAME ACTOR...: calls itself NAME, which may hold anything: "%1b" is a byte.
int As(Arguments args) {
  if (args[0] == nullptr) return Act(args);
  std::string name;
  for (const char* at = args[0]; *at != '\0'; ++at) {
    unsigned byte = 0;
    if (std::sscanf(at, "%%%2x", &byte) == 1) {
      name += static_cast<char>(byte);
      at += 2;
    } else {
      name += *at;
    }
  }
  prctl(PR_SET_NAME, name.c_str());
  return Act(args + 1);
}

// child ACTOR...: a child plays it; ends as a shell does, with 128 plus the signal.
int Child(Arguments args) { return Await(Spawn(args)); }

// child-then CODE ACTOR...: the same, with an exit code of its own.
int ChildThen(Arguments args) {
  const int code = static_cast<int>(Number(args[0]));
  Await(Spawn(args + 1));
  return code;
}

// with-child ACTOR... -- ACTOR...: the first in a child, the second here.
int WithChild(Arguments args) {
  Arguments second = args;
  while (*second != nullptr && !(second[0][0] == '-' && second[0][1] == '-')) ++second;
  if (*second == nullptr) return Act(second);
  *second = nullptr;
  Spawn(args);
  return Act(second + 1);
}

void* ThreadMain(void*) { Forever(); }

// threads COUNT ACTOR...: with so many idle threads beside.
int Threads(Arguments args) {
  for (long left = Number(args[0]); left > 0; --left) {
    pthread_t thread;
    errno = pthread_create(&thread, nullptr, ThreadMain, nullptr);
    if (errno != 0) return Failed("pthread_create");
  }
  return Act(args + 1);
}

constexpr Actor kActors[] = {
    {"wait", "", Wait},
    {"wait-handling", "SIGNAL CODE", WaitHandling},
    {"wait-ignoring", "SIGNAL...", WaitIgnoring},
    {"live", "MILLISECONDS CODE", Live},
    {"exit", "CODE", Exit},
    {"gate", "PATH ACTOR...", Gate},
    {"as", "NAME ACTOR...", As},
    {"child", "ACTOR...", Child},
    {"child-then", "CODE ACTOR...", ChildThen},
    {"with-child", "ACTOR... -- ACTOR...", WithChild},
    {"threads", "COUNT ACTOR...", Threads},
};

}  // namespace

Actors Waiting() { return {std::begin(kActors), std::end(kActors)}; }

}  // namespace victim
