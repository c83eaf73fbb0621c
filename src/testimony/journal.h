// systemd's journal, by `journalctl -o json`.
//
// Its files are read by systemd's own program: their format has changed with its versions,
// compression and all. What a container may have written itself is left out: Docker's
// and Podman's log drivers put it under their own unit's name.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/host_root.h"
#include "base/result.h"
#include "container/deadline.h"

namespace podtap::testimony {

// What systemd-coredump(8) kept of a process.
struct Coredump {
  int32_t pid = 0;  // on the host
  int32_t signal = 0;
  std::string comm;
  std::string exe;
  std::string cgroup;
  std::string file;  // empty: too large, or not kept
  friend bool operator==(const Coredump&, const Coredump&) = default;
};

struct JournalEntry {
  int64_t unix_ns = 0;
  std::string unit;        // "kubelet.service"; the kernel and the audit have none
  std::string identifier;  // "systemd-oomd"
  int32_t pid = 0;
  bool kernel = false;  // the kernel's own word
  bool audit = false;
  std::string message;
  std::optional<Coredump> coredump;
  friend bool operator==(const JournalEntry&, const JournalEntry&) = default;
};

struct JournalQuery {
  int64_t from_unix_ns = 0;
  int64_t to_unix_ns = 0;
  std::vector<std::string> units;
  bool kernel = false;  // also the kernel's and the audit's messages
  bool coredumps = false;
};

// Where the journal is. "" : where journalctl looks by itself; nullopt: there is none.
std::optional<std::string> FindJournal(const HostRoot& root);

struct Journal {
  std::vector<JournalEntry> entries;  // in order of time
  bool cut = false;                   // there were more
};
// `folder` as FindJournal gives it. No journalctl is an error with errno ENOENT; one that
// is late, ETIMEDOUT.
Result<Journal> ReadJournal(const JournalQuery& query, const std::string& folder,
                            container::Deadline deadline);

// The arguments of journalctl, and a line of its answer; nullopt: none that counts.
std::vector<std::string> JournalArguments(const JournalQuery& query, const std::string& folder);
std::optional<JournalEntry> ParseJournalLine(std::string_view line);

}  // namespace podtap::testimony
