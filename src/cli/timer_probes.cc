#include "cli/timer_probes.h"

#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace podtap::cli {
namespace {

timespec ToTimespec(int64_t ns) {
  return {.tv_sec = ns / 1'000'000'000, .tv_nsec = ns % 1'000'000'000};
}

}  // namespace

Result<void> TimerProbes::Start(const ir::Module& module) {
  for (uint32_t i = 0; i < module.programs.size(); i++) {
    const auto* spec = std::get_if<ir::AttachTimer>(&module.programs[i].attach);
    if (spec == nullptr) continue;
    Timer timer{.program = i,
                .spec = *spec,
                .fd = Fd(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC))};
    if (!timer.fd.valid()) {
      return std::unexpected(SystemError("make a timer for", module.programs[i].name, errno));
    }
    Arm(timer);
    timers_.push_back(std::move(timer));
  }
  return {};
}

void TimerProbes::Arm(Timer& timer) {
  itimerspec when{};
  int64_t first = timer.spec.interval_ns;
  if (timer.spec.randomize_ns > 0) {
    std::uniform_int_distribution<int64_t> spread(-timer.spec.randomize_ns,
                                                  timer.spec.randomize_ns);
    if (!random_) random_.emplace(std::random_device{}());
    first = std::max<int64_t>(1, first + spread(*random_));
  } else {
    when.it_interval = ToTimespec(timer.spec.interval_ns);
  }
  when.it_value = ToTimespec(first);
  timerfd_settime(timer.fd.get(), 0, &when, nullptr);
}

uint64_t TimerProbes::Acknowledge(Timer& timer) {
  uint64_t fired = 0;
  if (::read(timer.fd.get(), &fired, sizeof fired) != sizeof fired) return 0;
  if (timer.spec.randomize_ns > 0) Arm(timer);
  return fired;
}

}  // namespace podtap::cli
