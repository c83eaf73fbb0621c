// Threads that take no signals.
#pragma once

#include <pthread.h>

#include <csignal>

namespace podtap::serve {

// Called first on a thread of ours. Signals are for the main thread: one that it has
// blocked for its signalfd(2), but a thread that began earlier hasn't, would end the
// process.
inline void LeaveSignalsToOthers() {
  sigset_t all;
  sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

}  // namespace podtap::serve
