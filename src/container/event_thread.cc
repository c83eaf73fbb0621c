#include "container/event_thread.h"

#include <algorithm>

#include "container/quiet_thread.h"

namespace podtap::container {
namespace {

constexpr std::chrono::milliseconds kFirstWait{50};
constexpr std::chrono::milliseconds kLongestWait{1000};

}  // namespace

Result<EventThread::Parts> EventThread::NewParts() {
  auto queue = EventQueue::New();
  if (!queue) return std::unexpected(std::move(queue.error()));
  auto stop = StopSign::New();
  if (!stop) return std::unexpected(std::move(stop.error()));
  return Parts{std::move(*queue), std::move(*stop)};
}

Result<void> EventThread::Start() {
  auto thread = StartQuietly([this] { Run(); });
  if (!thread) return std::unexpected(std::move(thread.error()));
  thread_ = std::move(*thread);
  return {};
}

void EventThread::Join() {
  stop_.Set();
  if (thread_.joinable()) thread_.join();
}

bool EventThread::Retry(const std::function<bool()>& attempt) {
  for (auto wait = kFirstWait; !stop_.WaitFor(wait); wait = std::min(wait * 2, kLongestWait)) {
    if (attempt()) return true;
  }
  return false;
}

}  // namespace podtap::container
