// How a thread of this room begins.
#pragma once

#include <pthread.h>

#include <csignal>

#include "base/thread_start.h"

namespace podtap::serve {

// Called first on each. Signals are for the main thread: one that it has
// blocked for its signalfd(2), but a thread that began earlier hasn't, would end the
// process.
inline void BeginThread() {
  sigset_t all;
  sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
  StartThread();
}

}  // namespace podtap::serve
