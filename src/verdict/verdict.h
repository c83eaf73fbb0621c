// A verdict: what ended a container, and on whose behalf.
//
// What enters: a store::Death, the evidence. What leaves: a Verdict. Judge() is pure:
// it reads no clock, disk or kernel, so that each rule is tested from a file and a
// verdict can be repeated years later from the same rows.
//
// Unknown is an honest answer; a wrong culprit is the worst that can happen here. A
// rule that isn't sure says kLikely and what is missing, or nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/signal_name.h"
#include "store/evidence.h"

namespace podtap::verdict {

// The root of the matter, not the last link. The strings are cause.cc's table; they
// are part of the schema podtap.verdict/v1 and keep their meaning.
enum class Cause : uint8_t {
  kKilledHost,
  kKilledContainer,
  kKilledInside,
  kKilledBroadcast,
  kKilledCgroup,
  kRuntimeStop,
  kRuntimeStopTimeout,
  kRuntimeKill,
  kKubernetesLiveness,
  kKubernetesStartup,
  kKubernetesEviction,
  kKubernetesPreemption,
  kKubernetesDeletion,
  kKubernetesShutdown,
  kOomContainer,
  kOomChild,
  kOomGroup,
  kOomPod,
  kOomNode,
  kOomUserspace,
  kFaultSegv,
  kFaultBus,
  kFaultIll,
  kFaultFpe,
  kFaultTrap,
  kAbort,
  kSeccomp,
  kPdeathsig,
  kPidnsTeardown,
  kRlimitCpu,
  kRlimitFsize,
  kSigpipe,
  kAlarm,
  kHangup,
  kExit,
  kStartFailed,
  kUnknown,
  kKilledSelf,
  kInterrupt,
};
inline constexpr size_t kCauses = static_cast<size_t>(Cause::kInterrupt) + 1;

// "killed.host", …
std::string_view CauseName(Cause cause);
std::optional<Cause> CauseFromName(std::string_view name);

enum class Confidence : uint8_t { kProven, kLikely, kUnknown };
std::string_view ConfidenceName(Confidence confidence);

// An ancestor, the parent first.
struct Ancestor {
  store::ProcessKey key;
  std::string comm;
  bool exited = false;             // before the death
  std::vector<std::string> flags;  // as Culprit's
  friend bool operator==(const Ancestor&, const Ancestor&) = default;
};

struct Culprit {
  enum class Kind : uint8_t { kProcess, kKernel, kRuntime, kKubelet, kSelf } kind = Kind::kKernel;
  // Everything that is known of it; none for the kernel.
  std::optional<store::Process> process;
  std::vector<Ancestor> ancestry;
  // Where it runs; empty: on the host.
  std::optional<container::Container> container;
  // "deleted_exe", "memfd_exe", "temp_exe", "name_mismatch": what malware looks like.
  std::vector<std::string> flags;
  friend bool operator==(const Culprit&, const Culprit&) = default;
};
std::string_view CulpritKindName(Culprit::Kind kind);

// One step from the root to the container's end: "the kernel's OOM killer ended
// worker(4711)", "sh(4700) passed it on as exit code 137".
struct Link {
  std::string text;
  store::ProcessKey process;  // whose end it is
  std::optional<store::RowId> row;
  friend bool operator==(const Link&, const Link&) = default;
};

// How the container's first process ended, decoded.
struct Exit {
  std::optional<int32_t> code;    // as kubectl shows it: 0 to 255
  std::optional<int32_t> signal;  // it ended by a signal; not for a wrapper's 128+n
  bool core_dumped = false;
  std::string text;  // "137: SIGKILL", "3", "143: exit code of its own (128 + SIGTERM)"
  friend bool operator==(const Exit&, const Exit&) = default;
};

struct Verdict {
  Cause cause = Cause::kUnknown;
  Confidence confidence = Confidence::kUnknown;
  std::vector<std::string> via;  // "wrapper", …: between the root and the container's end
  std::string headline;          // one sentence
  std::optional<Culprit> culprit;
  // Processes on whose behalf a runtime acted.
  std::vector<Culprit> on_behalf_of;
  // There is one, and it did ask. False: these were connected to the runtime's socket
  // then, and could have.
  bool asker_known = false;
  std::string asker_did;               // empty: it asked; "killed its shim"
  std::vector<Link> chain;             // root first
  std::vector<store::RowId> evidence;  // the rows that prove it, in order of time
  std::vector<std::string> next_steps;
  std::vector<std::string> gaps;  // what is not known, in sentences
  Exit exit;
  friend bool operator==(const Verdict&, const Verdict&) = default;
};

Verdict Judge(const store::Death& death);

// Whom it blames: who asked the runtime, where that is known; else the culprit. nullptr:
// nobody.
const Culprit* Blamed(const Verdict& verdict);

using podtap::SignalName;

}  // namespace podtap::verdict
