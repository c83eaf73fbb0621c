// Guarded: a value that threads read and replace as a whole.
#pragma once

#include <mutex>
#include <utility>

namespace podtap {

template <typename T>
class Guarded {
 public:
  Guarded() = default;
  explicit Guarded(T value) : value_(std::move(value)) {}

  T Get() const {
    const std::lock_guard lock(mutex_);
    return value_;
  }
  void Set(T value) {
    const std::lock_guard lock(mutex_);
    value_ = std::move(value);
  }

 private:
  mutable std::mutex mutex_;
  T value_{};
};

}  // namespace podtap
