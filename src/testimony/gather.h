// All that can still be found out about a death that nobody watched.
//
// What enters: the life that ended, and where to ask: its runtime, the kernel's log, the
// journal, the kubelet, cgroups. What leaves: a store::Death as a recorder would have made
// it, only that nothing in it was watched, with who was asked and what for. It judges
// nothing. All are asked at the same time; none can hold it up beyond the deadline.
#pragma once

#include <string>

#include "base/host_root.h"
#include "cgroup/tree.h"
#include "container/deadline.h"
#include "container/endpoint.h"
#include "container/inventory.h"
#include "store/evidence.h"
#include "testimony/kubelet_pods.h"
#include "testimony/last_end.h"

namespace podtap::testimony {

// Where others have written something down.
struct Places {
  HostRoot root;
  std::string journal;                    // a folder; empty: it is looked for
  std::string kubelet_log;                // a file; empty: the journal, or a well-known file
  uint16_t kubelet_port = kReadOnlyPort;  // 0: not asked
};

// One moment by all clocks.
struct Moment {
  int64_t unix_ns = 0;
  int64_t boot_ns = 0;
  int64_t monotonic_ns = 0;
};
Moment Now();

store::Death Gather(const LastEnd& end, const container::Inventory& inventory,
                    const container::Runtimes& runtimes, const cgroup::Tree& tree,
                    const Places& places, container::Deadline deadline);

}  // namespace podtap::testimony
