#include "base/thread_start.h"

#include <atomic>

namespace podtap {
namespace {

std::atomic<void (*)()> at_start = nullptr;

}  // namespace

void SetThreadStart(void (*action)()) { at_start = action; }

void StartThread() {
  if (auto* action = at_start.load()) action();
}

}  // namespace podtap
