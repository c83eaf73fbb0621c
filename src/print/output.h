// A buffered file descriptor that survives a full disk and a closed pipe.
#pragma once

#include <string>

namespace podtap::print {

class Output {
 public:
  explicit Output(int fd) : fd_(fd) { buffer_.reserve(kFull + 4096); }

  // Where to append; call Written() after each line.
  std::string& buffer() { return buffer_; }
  void Written() {
    if (buffer_.size() >= kFull) Flush();
  }
  void Flush();
  int error() const { return error_; }

 private:
  static constexpr size_t kFull = 64 << 10;

  int fd_;
  int error_ = 0;
  std::string buffer_;
};

}  // namespace podtap::print
