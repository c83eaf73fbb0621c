// TaskQueue: work that one thread hands to another.
//
// Any thread posts; one thread runs, either as a Worker's own, or by its poll loop:
// fd() is readable while there is something to run.
#pragma once

#include <deque>
#include <functional>
#include <mutex>
#include <thread>

#include "base/fd.h"

namespace podtap {

class TaskQueue {
 public:
  using Task = std::function<void()>;

  TaskQueue();
  TaskQueue(const TaskQueue&) = delete;
  TaskQueue& operator=(const TaskQueue&) = delete;

  void Post(Task task);
  // -1 where the system has no descriptor left; then RunAll must be called without it.
  int fd() const { return fd_.get(); }
  // Runs what was posted before the call, in order. Returns how many that were.
  size_t RunAll();

 private:
  std::mutex mutex_;
  std::deque<Task> tasks_;
  Fd fd_;
};

// A thread that runs what is posted to it, in order. Its end waits for the task that
// runs; what was not begun is dropped.
class Worker {
 public:
  Worker();
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void Post(TaskQueue::Task task) { queue_.Post(std::move(task)); }

 private:
  void Run(const std::stop_token& stop);

  TaskQueue queue_;
  std::jthread thread_;
};

}  // namespace podtap
