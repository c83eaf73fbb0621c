#include "verdict/signal.h"

#include <algorithm>
#include <array>

#include "base/signal_name.h"

namespace podtap::verdict {
namespace {

// SIGCHLD, SIGCONT, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU, SIGURG, SIGWINCH (signal(7)).
constexpr std::array kHarmless = {17, 18, 19, 20, 21, 22, 23, 28};

}  // namespace

bool EndsByDefault(int32_t signal) {
  return signal >= 1 && signal <= kLastSignal &&
         std::ranges::find(kHarmless, signal) == kHarmless.end();
}

bool IsStopSignal(const container::Container& container, int32_t signal) {
  if (signal == kSigKill) return false;
  const int32_t stop = SignalNumber(container.stop_signal);
  if (stop != 0) return signal == stop;
  using container::RuntimeKind;
  const bool by_cri = container.runtime == RuntimeKind::kContainerd ||
                      container.runtime == RuntimeKind::kCrio || !container.pod.uid.empty();
  return by_cri || signal == kSigTerm;
}

}  // namespace podtap::verdict
