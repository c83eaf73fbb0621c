// Threads that no signal reaches: the program's own thread handles them all.
#pragma once

#include <csignal>
#include <functional>
#include <thread>

#include "base/result.h"

namespace podtap::container {

// While it lives the calling thread, and every thread that it starts, gets no signals.
class SignalsBlocked {
 public:
  SignalsBlocked();
  ~SignalsBlocked();
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_;
};

// Fails when the machine has no thread left.
Result<std::thread> StartQuietly(std::function<void()> job);

// Calls job(0) … job(count - 1), each on a thread of its own, and returns when all are
// done. What can't get a thread is done by the caller.
void InParallel(size_t count, const std::function<void(size_t)>& job);

}  // namespace podtap::container
