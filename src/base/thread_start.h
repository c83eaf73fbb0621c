// What every thread of ours does first: a process that gives up privileges does so in each,
// since the kernel keeps them by thread.
#pragma once

namespace podtap {

// For the threads that begin from now on; nullptr: nothing. Called by the main thread.
void SetThreadStart(void (*action)());
void StartThread();

}  // namespace podtap
