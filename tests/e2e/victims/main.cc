#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "actor.h"

namespace victim {
namespace {

constexpr int kUsage = 64;
constexpr int kFailed = 70;

struct SignalName {
  const char* name;
  int number;
};
constexpr SignalName kSignals[] = {
    {"HUP", SIGHUP},   {"INT", SIGINT},   {"QUIT", SIGQUIT}, {"ILL", SIGILL},   {"ABRT", SIGABRT},
    {"BUS", SIGBUS},   {"FPE", SIGFPE},   {"KILL", SIGKILL}, {"USR1", SIGUSR1}, {"SEGV", SIGSEGV},
    {"USR2", SIGUSR2}, {"PIPE", SIGPIPE}, {"ALRM", SIGALRM}, {"TERM", SIGTERM}, {"CONT", SIGCONT},
    {"STOP", SIGSTOP}, {"XCPU", SIGXCPU}, {"XFSZ", SIGXFSZ}, {"SYS", SIGSYS},
};

using Table = Actors (*)();
constexpr Table kTables[] = {Waiting, Faults, Limits, Signals, Parents, Filters, Killers};

void PrintUsage() {
  std::fprintf(stderr, "usage: victim ACTOR ARGUMENT...\n");
  for (Table table : kTables) {
    for (const Actor& actor : table()) {
      std::fprintf(stderr, "  %s %s\n", actor.name, actor.usage);
    }
  }
}

}  // namespace

int Act(Arguments args) {
  if (args[0] != nullptr) {
    for (Table table : kTables) {
      for (const Actor& actor : table()) {
        if (std::strcmp(actor.name, args[0]) == 0) return actor.act(args + 1);
      }
    }
  }
  PrintUsage();
  return kUsage;
}

long Number(const char* text) {
  char* end = nullptr;
  errno = 0;
  const long value = text == nullptr ? 0 : std::strtol(text, &end, 10);
  if (end == nullptr || end == text || *end != '\0' || errno != 0) {
    std::fprintf(stderr, "victim: no number: '%s'\n", text == nullptr ? "" : text);
    std::exit(kUsage);
  }
  return value;
}

int SignalNumber(const char* text) {
  const char* name = text == nullptr ? "" : text;
  if (std::strncmp(name, "SIG", 3) == 0) name += 3;
  for (const SignalName& signal : kSignals) {
    if (std::strcmp(signal.name, name) == 0) return signal.number;
  }
  return static_cast<int>(Number(text));
}

int Failed(const char* what) {
  std::fprintf(stderr, "victim: %s: %s\n", what, std::strerror(errno));
  return kFailed;
}

int AwaitGate(const char* path) {
  if (path == nullptr) std::exit(kUsage);
  while (access(path, F_OK) != 0) {
    if (errno != ENOENT) return Failed(path);
    usleep(1000);
  }
  return 0;
}

pid_t Spawn(Arguments args) {
  const pid_t child = fork();
  if (child == 0) _exit(Act(args));
  if (child < 0) std::exit(Failed("fork"));
  return child;
}

int Await(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return Failed("waitpid");
  }
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace victim

int main(int, char** argv) { return victim::Act(argv + 1); }
