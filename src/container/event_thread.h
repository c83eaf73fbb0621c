// EventThread: what the event streams of all runtimes have in common. A thread reads the
// runtime into a queue, and connects again when it must.
#pragma once

#include <functional>
#include <memory>
#include <thread>

#include "container/event_queue.h"
#include "container/runtime.h"

namespace podtap::container {

class EventThread : public EventStream {
 public:
  struct Parts {
    std::unique_ptr<EventQueue> queue;
    StopSign stop;
  };
  static Result<Parts> NewParts();

  Result<void> Start();
  int fd() const override { return queue_->fd(); }
  EventBatch Take() override { return queue_->Take(); }

 protected:
  explicit EventThread(Parts parts)
      : queue_(std::move(parts.queue)), stop_(std::move(parts.stop)) {}

  // The thread's work, until stop() is set.
  virtual void Run() = 0;
  // Ends the thread. The destructor of each class that has a Run calls it first.
  void Join();
  // Calls `attempt` again and again, waiting longer each time, until it succeeds. False:
  // told to stop.
  bool Retry(const std::function<bool()>& attempt);

  EventQueue& queue() { return *queue_; }
  const StopSign& stop() const { return stop_; }

 private:
  std::unique_ptr<EventQueue> queue_;
  StopSign stop_;
  std::thread thread_;
};

}  // namespace podtap::container
