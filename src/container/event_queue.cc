#include "container/event_queue.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>

namespace podtap::container {
namespace {

Result<Fd> NewEventFd() {
  Fd fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!fd.valid()) return std::unexpected(SystemError("make an eventfd", "", errno));
  return fd;
}

void Signal(int fd) {
  const uint64_t one = 1;
  // Fails only when it is full, and then it is readable already.
  if (::write(fd, &one, sizeof one) < 0) return;
}

}  // namespace

Result<std::unique_ptr<EventQueue>> EventQueue::New() {
  auto fd = NewEventFd();
  if (!fd) return std::unexpected(std::move(fd.error()));
  return std::unique_ptr<EventQueue>(new EventQueue(std::move(*fd)));
}

void EventQueue::Wake() const { Signal(ready_.get()); }

void EventQueue::Add(RuntimeEvent event) {
  const std::lock_guard lock(mutex_);
  if (batch_.events.size() < kMaxEvents) {
    batch_.events.push_back(std::move(event));
  } else {
    ++batch_.dropped;
  }
  Wake();
}

void EventQueue::Note(std::string note, bool interrupted) {
  const std::lock_guard lock(mutex_);
  if (batch_.notes.size() < kMaxNotes) batch_.notes.push_back(std::move(note));
  batch_.interrupted = batch_.interrupted || interrupted;
  Wake();
}

EventBatch EventQueue::Take() {
  // Before the batch: what is added in between is taken now, and polled for in vain once.
  uint64_t count = 0;
  if (::read(ready_.get(), &count, sizeof count) < 0) count = 0;
  const std::lock_guard lock(mutex_);
  return std::exchange(batch_, {});
}

Result<StopSign> StopSign::New() {
  auto fd = NewEventFd();
  if (!fd) return std::unexpected(std::move(fd.error()));
  return StopSign(std::move(*fd));
}

void StopSign::Set() const { Signal(fd_.get()); }

bool StopSign::WaitFor(std::chrono::milliseconds time) const {
  const Deadline deadline = After(time);
  while (true) {
    pollfd waited{fd_.get(), POLLIN, 0};
    const int ready = ::poll(&waited, 1, MillisecondsLeft(deadline));
    if (ready > 0) return true;
    if (ready == 0) return false;
    if (errno != EINTR) return true;
  }
}

}  // namespace podtap::container
