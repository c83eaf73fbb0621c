// What /proc tells of processes while they run.
//
// What enters: a folder like /proc (its own one in tests; the host's in a
// container). What leaves: ProcStat for all, store::Process for one. A process can
// end between two reads of it: what is read is checked against its start.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "recorder/lineage.h"

namespace podtap::recorder {

class ProcFiles {
 public:
  explicit ProcFiles(std::string root = "/proc") : root_(std::move(root)) {}

  // Every process that runs.
  std::vector<ProcStat> All() const;
  std::optional<ProcStat> Stat(int32_t pid) const;

  // Program, arguments, directory, users, terminal; what can't be read is empty.
  // nullopt: that process doesn't run any more.
  std::optional<store::Process> Read(const ProcessKey& key) const;
  // A variable of the environment it was started with; empty: not set, or gone.
  std::string Environment(int32_t pid, std::string_view name) const;
  // The file of its program: readable also when it was deleted.
  Fd OpenExe(int32_t pid) const;

 private:
  std::string Path(int32_t pid, std::string_view file) const;
  std::string root_;
};

// One line of /proc/PID/stat; nullopt if it isn't one.
std::optional<ProcStat> ParseStat(std::string_view text);
// "pts/3", "tty1"; empty for no terminal. The number as /proc/PID/stat has it.
std::string TtyName(int32_t tty_nr);

}  // namespace podtap::recorder
