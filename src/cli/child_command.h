// The command of -c: started behind a gate, so that its pid is known before the
// probes are armed and it runs nothing until they are.
#pragma once

#include <string>

#include "base/fd.h"
#include "base/result.h"

namespace podtap::cli {

class ChildCommand {
 public:
  ChildCommand() = default;
  ~ChildCommand();
  ChildCommand(const ChildCommand&) = delete;
  ChildCommand& operator=(const ChildCommand&) = delete;

  // Forks; the child waits at the gate, then runs the command: directly when it is
  // plain words, by `sh -c` when it needs a shell.
  Result<void> Start(const std::string& command);
  void OpenGate();
  bool started() const { return pid_ > 0; }
  int pid() const { return pid_; }
  int wait_fd() const { return pidfd_.get(); }  // readable when it has ended
  // Reaps it. What is to be said of a failure ("Child process exited with
  // status 3"), empty after success.
  std::string Reap();

 private:
  int pid_ = -1;
  Fd pidfd_;
  Fd gate_;
};

}  // namespace podtap::cli
