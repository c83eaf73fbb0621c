// What a program prints: a child process with a deadline.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "container/deadline.h"

namespace podtap::testimony {

struct ProgramOutput {
  std::string text;       // of its standard output
  bool cut = false;       // there was more than `limit`; the program was ended
  int status = 0;         // as wait(2) gives it
  std::string complaint;  // the first line of its standard error
};

// argv[0] is looked for in PATH. Its input is empty. Errors: no such program is errno
// ENOENT; late is ETIMEDOUT, and the program was killed.
Result<ProgramOutput> RunProgram(const std::vector<std::string>& argv, container::Deadline deadline,
                                 size_t limit);

}  // namespace podtap::testimony
