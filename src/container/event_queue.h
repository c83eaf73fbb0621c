// EventQueue: events from the thread that reads a runtime to the one that takes them.
#pragma once

#include <mutex>
#include <string>

#include "base/fd.h"
#include "container/runtime.h"

namespace podtap::container {

// Bounded: what doesn't fit is counted, not kept.
class EventQueue {
 public:
  static constexpr size_t kMaxEvents = 10'000;
  static constexpr size_t kMaxNotes = 100;

  static Result<std::unique_ptr<EventQueue>> New();

  int fd() const { return ready_.get(); }  // an eventfd(2)
  void Add(RuntimeEvent event);
  // `interrupted`: events may be missing from here on.
  void Note(std::string note, bool interrupted);
  EventBatch Take();

 private:
  explicit EventQueue(Fd ready) : ready_(std::move(ready)) {}
  void Wake() const;

  Fd ready_;
  std::mutex mutex_;
  EventBatch batch_;
};

// A descriptor that tells a thread to stop, readable once Set was called.
class StopSign {
 public:
  static Result<StopSign> New();
  int fd() const { return fd_.get(); }
  void Set() const;
  // Waits so long at most; true once it is set.
  bool WaitFor(std::chrono::milliseconds time) const;

 private:
  explicit StopSign(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

}  // namespace podtap::container
