#include "cli/recorder_state.h"

#include <signal.h>

#include <cerrno>

#include "cli/pid_namespace.h"

namespace podtap::cli {
namespace {

// A recorder writes down every few seconds that it lives (store/writer.cc).
constexpr int64_t kStaleNs = 30LL * 1'000'000'000;

}  // namespace

Result<top::Recorder> RecorderState(store::Archive& archive, int64_t now_unix_ns) {
  using State = top::Recorder::State;
  const auto last = archive.LastSession();
  if (!last) return std::unexpected(last.error());
  if (!*last) return top::Recorder{};
  const store::Archive::Session& session = **last;
  if (session.ended_unix_ns) {
    return top::Recorder{
        .state = State::kStopped, .since_unix_ns = *session.ended_unix_ns, .problem = ""};
  }
  // From inside a container the host's processes can't be seen; then its word is all.
  const bool sees = PidNamespaceOf("self") == kFirstPidNamespace;
  const bool gone = sees && ::kill(session.pid, 0) != 0 && errno == ESRCH;
  if (gone || now_unix_ns - session.alive_unix_ns > kStaleNs) {
    return top::Recorder{
        .state = State::kKilled, .since_unix_ns = session.alive_unix_ns, .problem = ""};
  }
  return top::Recorder{
      .state = State::kRuns, .since_unix_ns = session.started_unix_ns, .problem = ""};
}

}  // namespace podtap::cli
