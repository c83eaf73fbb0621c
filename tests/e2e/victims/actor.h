// victim: one static program that can die in every way, and kill in many.
//
// It runs as a container's process and, on the host, as a killer. What it does is
// its command line: `victim gate /gate/go segv-null`. Built without optimisation and
// without sanitizers, because much of what it does is undefined on purpose.
#pragma once

#include <csignal>

namespace victim {

// What follows an actor's name, ended by a null pointer, as argv is.
using Arguments = char**;
// Gives the process' exit code; most never come back.
using Function = int (*)(Arguments);

struct Actor {
  const char* name;
  const char* usage;  // its arguments
  Function act;
};

struct Actors {
  const Actor* first;
  const Actor* last;
  const Actor* begin() const { return first; }
  const Actor* end() const { return last; }
};

// One table a file.
Actors Waiting();
Actors Faults();
Actors Limits();
Actors Signals();
Actors Parents();
Actors Filters();
Actors Killers();

// Plays the actor that args[0] names. Unknown: exit code 64.
int Act(Arguments args);

// The number that `text` is; ends the program with 64 when there is none.
long Number(const char* text);
// "TERM", "SIGTERM" and "15" are 15; ends the program with 64 for what is no signal.
int SignalNumber(const char* text);
// Says what failed with errno's reason; gives 70.
int Failed(const char* what);
// Waits until the file is there.
int AwaitGate(const char* path);
// Forks a child that plays `args` and ends with its exit code.
pid_t Spawn(Arguments args);
// Waits for the child; 128 plus the signal if one ended it, as a shell says it.
int Await(pid_t child);

}  // namespace victim
