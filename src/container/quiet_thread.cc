#include "container/quiet_thread.h"

#include <system_error>
#include <vector>

#include "base/thread_start.h"

namespace podtap::container {

SignalsBlocked::SignalsBlocked() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before_);
}

SignalsBlocked::~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

Result<std::thread> StartQuietly(std::function<void()> job) {
  const SignalsBlocked blocked;
  try {
    return std::thread([job = std::move(job)] {
      StartThread();
      job();
    });
  } catch (const std::system_error& error) {
    return std::unexpected(SystemError("start a thread", "", error.code().value()));
  }
}

void InParallel(size_t count, const std::function<void(size_t)>& job) {
  std::vector<std::thread> threads;
  for (size_t i = 1; i < count; ++i) {
    auto thread = StartQuietly([&job, i] { job(i); });
    if (thread) {
      threads.push_back(std::move(*thread));
    } else {
      job(i);
    }
  }
  if (count > 0) job(0);
  for (std::thread& thread : threads) thread.join();
}

}  // namespace podtap::container
