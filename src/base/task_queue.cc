#include "base/task_queue.h"

#include <poll.h>
#include <sys/eventfd.h>

#include <csignal>
#include <cstdint>
#include <utility>

#include "base/thread_start.h"

namespace podtap {

TaskQueue::TaskQueue() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

void TaskQueue::Post(Task task) {
  const std::lock_guard lock(mutex_);
  tasks_.push_back(std::move(task));
  const uint64_t one = 1;
  // It is full only when it is readable anyway.
  [[maybe_unused]] const ssize_t n = ::write(fd_.get(), &one, sizeof one);
}

size_t TaskQueue::RunAll() {
  // Outside of the lock: what is posted between here and there is run at once, and
  // leaves the descriptor readable for nothing.
  uint64_t count = 0;
  [[maybe_unused]] const ssize_t n = ::read(fd_.get(), &count, sizeof count);
  std::deque<Task> tasks;
  {
    const std::lock_guard lock(mutex_);
    tasks = std::exchange(tasks_, {});
  }
  for (const Task& task : tasks) task();
  return tasks.size();
}

Worker::Worker() : thread_([this](const std::stop_token& stop) { Run(stop); }) {}

Worker::~Worker() {
  thread_.request_stop();
  queue_.Post([] {});
}

void Worker::Run(const std::stop_token& stop) {
  // Signals are for the main thread.
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
  StartThread();
  while (!stop.stop_requested()) {
    pollfd ready{queue_.fd(), POLLIN, 0};
    if (queue_.fd() < 0) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    } else {
      ::poll(&ready, 1, -1);
    }
    if (!stop.stop_requested()) queue_.RunAll();
  }
}

}  // namespace podtap
