// The first process of a pod's sandbox: it waits, and ends when it is told to.
#include <unistd.h>

#include <csignal>

namespace {

void End(int) { _exit(0); }

}  // namespace

int main() {
  struct sigaction action = {};
  action.sa_handler = End;
  sigaction(SIGTERM, &action, nullptr);
  sigaction(SIGINT, &action, nullptr);
  // Processes that the pod's containers leave behind need no care when nobody waits.
  signal(SIGCHLD, SIG_IGN);
  while (true) pause();
}
