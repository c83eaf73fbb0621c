// How a process ended.
#pragma once

#include <optional>

#include "container/exit_text.h"
#include "verdict/verdict.h"
#include "verdict/view.h"

namespace podtap::verdict {

// wait(2)'s status, taken apart.
inline int32_t SignalOf(int32_t status) { return status & 0x7f; }
inline int32_t CodeOf(int32_t status) { return (status >> 8) & 0xff; }
inline bool DumpedCore(int32_t status) { return (status & 0x80) != 0; }

struct End {
  store::ProcessKey process;
  store::BootNs at;
  // The kernel's word; nullopt: its end wasn't seen.
  std::optional<int32_t> status;
  std::optional<store::RowId> row;

  // The signal that ended it; 0: none, or not known.
  int32_t signal() const { return status ? SignalOf(*status) : 0; }
  // What it gave to exit(2); nullopt: a signal ended it, or not known.
  std::optional<int32_t> code() const {
    if (!status || SignalOf(*status) != 0) return std::nullopt;
    return CodeOf(*status);
  }
};

End EndOfInit(const View& view);
End EndFrom(const Exited& exited);
// By its row, or by what is known of the process; nullopt: it lives, or nobody knows.
std::optional<End> EndOfProcess(const View& view, const store::ProcessKey& process);

// n of an exit code 128+n that shells and small inits give for a child's death by
// signal n, and programs for a signal that they handled; 0 for other codes.
using container::SignalOfExitCode;

// The end of the container's first process in words. What the kernel didn't say is
// taken from the runtime, and said to be.
Exit DecodeExit(const View& view, const End& init);

}  // namespace podtap::verdict
