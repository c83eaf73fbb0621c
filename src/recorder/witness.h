// What the recorder's script tells, as types, and who listens.
//
// What enters: event_reader.h makes these of the events of tapset/recorder.stp.
// What leaves: calls of a Witness, in the order of the ring buffer, which differs
// from the order of time by no more than CPUs can race.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "store/evidence.h"

namespace podtap::recorder {

using store::BootNs;
using store::ProcessKey;

struct Born {
  ProcessKey process;
  ProcessKey parent;
  std::string comm;
  int32_t ns_pid = 0;
  cgroup::CgroupId cgroup;
  uint32_t uid = store::kNoUid;
};

struct Executed {
  ProcessKey process;
  std::string comm;
  std::string file;  // as it was asked for
  std::string exe;
  uint32_t exe_links = 1;  // 0: the file has no name any more, or never had
  uint64_t exe_inode = 0;
  std::vector<std::string> args;
  bool args_cut = false;
  std::string cwd;
  uint32_t uid = store::kNoUid;
  uint32_t login_uid = store::kNoUid;
  uint32_t session = store::kNoUid;
  int32_t ns_pid = 0;
  cgroup::CgroupId cgroup;
};

// A mapping at the instruction of a fault whose signal was told just before.
struct Mapped {
  ProcessKey process;
  store::Mapping mapping;
};

struct OomLevel {
  ProcessKey victim;
  uint32_t depth = 0;  // 0: the victim's own
  std::string name;    // of the directory alone
  store::OomKill::Level level;
};

class Witness {
 public:
  virtual ~Witness() = default;
  virtual void OnBorn(BootNs at, const Born& born) = 0;
  virtual void OnExecuted(BootNs at, const Executed& executed) = 0;
  virtual void OnExited(BootNs at, const store::ProcessExited& exited) = 0;
  // sender_links: how many names the sender's program has then: 0, it was deleted; -1, it
  // has no program.
  virtual void OnSignal(BootNs at, const store::SignalSent& sent, int64_t sender_links) = 0;
  virtual void OnMapped(BootNs at, const Mapped& mapped) = 0;
  virtual void OnOom(BootNs at, const store::OomKill& oom) = 0;
  virtual void OnOomLevel(BootNs at, const OomLevel& level) = 0;
  virtual void OnCgroup(BootNs at, const store::CgroupChanged& changed) = 0;
  // A probe of the script failed: what it would have told is lost.
  virtual void OnProbeError(BootNs at, const std::string& message) = 0;
};

}  // namespace podtap::recorder
