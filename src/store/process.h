// A process, as evidence tells of it.
//
// Its identity is its number together with its start: numbers come back.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/strong.h"
#include "cgroup/cgroup_id.h"
#include "container/container.h"

namespace podtap::store {

using Tgid = Strong<struct TgidTag, int32_t>;  // a process' number on the host
// Nanoseconds of CLOCK_BOOTTIME.
using BootNs = Strong<struct BootNsTag, int64_t>;

struct ProcessKey {
  Tgid pid;
  BootNs start;  // task_struct.start_boottime of the thread group's leader
  bool known() const { return start.value != 0 || pid.value != 0; }
  friend auto operator<=>(const ProcessKey&, const ProcessKey&) = default;
};

// How good our word about a process is.
enum class Seen : uint8_t {
  kMentioned,  // only as the sender, target or parent of something
  kProc,       // read from /proc while it ran
  kBorn,       // its fork was seen
};

inline constexpr uint32_t kNoUid = 0xffffffff;  // "not set", as /proc/PID/loginuid says it

struct Process {
  ProcessKey key;
  ProcessKey parent;  // the true one: who it had when it was born
  Seen seen = Seen::kMentioned;
  std::string comm;
  std::string exe;  // as its own mount namespace calls it; empty: not known, or a kernel thread
  bool exe_deleted = false;  // no name in any directory any more
  bool exe_memfd = false;    // it never had one
  uint64_t exe_inode = 0;
  std::vector<std::string> args;
  bool args_cut = false;  // there were more
  std::string cwd;
  uint32_t uid = kNoUid;
  uint32_t login_uid = kNoUid;  // the audit login; kNoUid for what no login started
  uint32_t session = kNoUid;    // its audit session
  int32_t ns_pid = 0;           // its number in its own pid namespace; 1: the namespace's init
  bool kernel_thread = false;
  cgroup::CgroupId cgroup;

  // Looked up around the death, while it could be.
  std::string cgroup_path;
  container::ContainerId container;  // empty: of the host
  std::string unit;                  // "cron.service", "session-3.scope"
  std::string user;                  // names of uid and login_uid on the host
  std::string login_user;
  std::string tty;
  std::string ssh_from;  // "10.0.0.7:51514", from its own or the nearest ancestor's environment
  std::string sha256;    // of the executable, lower-case hex

  std::optional<BootNs> exited;
  int32_t exit_status = 0;  // as wait(2) gives it; only with `exited`

  friend bool operator==(const Process&, const Process&) = default;
};

}  // namespace podtap::store

template <>
struct std::hash<podtap::store::ProcessKey> {
  size_t operator()(const podtap::store::ProcessKey& key) const {
    // Unsigned: a start of some hours times this is beyond 63 bits.
    return std::hash<uint64_t>{}(static_cast<uint64_t>(key.start.value) * 4194304 +
                                 static_cast<uint64_t>(key.pid.value));
  }
};
