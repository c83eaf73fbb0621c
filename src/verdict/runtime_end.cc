#include "verdict/runtime_end.h"

#include <algorithm>

#include "verdict/signal.h"
#include "verdict/windows.h"

namespace podtap::verdict {
namespace {

// dockerd --shutdown-timeout: 15 s, and 10 s more than any container's own.
constexpr int64_t kShutdown = 60 * kSecond;

bool IsShimOf(const View& view, const store::ProcessKey& process) {
  const auto above = view.Ancestors(view.init());
  return std::ranges::any_of(above, [&](const auto& key) { return Same(key, process); });
}

// Then it was another that acted, begun since.
bool HadEnded(const View& view, const store::ProcessKey& key, store::BootNs at) {
  const store::Process* process = view.Find(key);
  return process != nullptr && process->exited && *process->exited < at;
}

}  // namespace

std::optional<RuntimeEnd> RuntimeEndBefore(const View& view, const Hand& hand, store::BootNs at) {
  std::optional<RuntimeEnd> found;
  for (const Signal& signal : view.All<store::SignalSent>()) {
    const int64_t before = Elapsed(signal.at, at);
    if (before < 0 || before > kShutdown || !signal->sender.known()) continue;
    if (signal->info != store::SignalSent::Info::kReal || view.IsInit(signal->target)) continue;
    if (Same(signal->sender, signal->target)) continue;
    const bool kills = signal->signal == kSigKill;
    if (kills && IsRuntimeProgram(view, signal->target) && IsShimOf(view, signal->target)) {
      found = RuntimeEnd{signal, "killed its shim"};
    } else if (!kills && hand.runtime == container::RuntimeKind::kDocker &&
               view.Comm(signal->target) == "dockerd" && IsRuntimeProgram(view, signal->target) &&
               !HadEnded(view, signal->target, at)) {
      found = RuntimeEnd{signal, "told it to stop"};
    }
  }
  return found;
}

}  // namespace podtap::verdict
