#include "serve/notifier.h"

#include "serve/begin_thread.h"

namespace podtap::serve {

Notifier::Notifier(Send send, std::function<void(const std::string&)> note, Patience patience)
    : send_(std::move(send)),
      note_(std::move(note)),
      patience_(patience),
      thread_([this](const std::stop_token& stop) { Run(stop); }) {}

Notifier::~Notifier() { Stop(container::After(kLastMoments)); }

void Notifier::Stop(container::Deadline deadline) {
  {
    std::unique_lock lock(mutex_);
    ending_ = true;
    changed_.notify_all();
    changed_.wait_until(lock, deadline, [this] { return waiting_.empty(); });
  }
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
  const std::lock_guard lock(mutex_);
  numbers_.dropped += waiting_.size();
  waiting_.clear();
}

void Notifier::Post(std::string text) {
  {
    const std::lock_guard lock(mutex_);
    if (ending_) {
      numbers_.dropped++;
      return;
    }
    if (waiting_.size() >= kMostWaiting) {
      // The first is on its way perhaps.
      waiting_.erase(waiting_.begin() + 1);
      numbers_.dropped++;
    }
    waiting_.push_back(std::move(text));
  }
  changed_.notify_all();
}

Notifier::Numbers Notifier::numbers() const {
  const std::lock_guard lock(mutex_);
  return numbers_;
}

void Notifier::Run(const std::stop_token& stop) {
  BeginThread();
  while (!stop.stop_requested()) {
    std::string text;
    {
      std::unique_lock lock(mutex_);
      if (!changed_.wait(lock, stop, [this] { return !waiting_.empty(); })) return;
      text = waiting_.front();
    }
    Deliver(text, stop);
    {
      const std::lock_guard lock(mutex_);
      waiting_.pop_front();
    }
    changed_.notify_all();
  }
}

void Notifier::Deliver(const std::string& text, const std::stop_token& stop) {
  std::chrono::milliseconds pause = patience_.first_pause;
  for (int attempt = 1;; attempt++) {
    const auto sent = send_(text, container::After(patience_.one_try), stop);
    std::unique_lock lock(mutex_);
    if (sent) {
      numbers_.sent++;
      return;
    }
    numbers_.failed_tries++;
    if (attempt < patience_.tries && !ending_) {
      changed_.wait_for(lock, stop, pause, [this] { return ending_; });
      pause *= 2;
      if (!stop.stop_requested()) continue;
    }
    numbers_.given_up++;
    lock.unlock();
    note_(sent.error().Message() + ", after " + std::to_string(attempt) +
          (attempt == 1 ? " try; given up" : " tries; given up"));
    return;
  }
}

}  // namespace podtap::serve
