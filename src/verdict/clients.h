// On whose behalf a runtime acted: who was connected to its socket.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "verdict/verdict.h"
#include "verdict/view.h"

namespace podtap::verdict {

struct Clients {
  std::vector<Culprit> askers;  // those that could have asked
  bool known = false;           // there is one, and it did
  std::vector<store::RowId> evidence;
  std::vector<std::string> gaps;
};

enum class RuntimeAct : uint8_t { kNone, kStop, kStopTimeout, kKill };

// `at`: when the runtime sent its first signal. Connections that last (the kubelet's,
// dockerd's to containerd) are left out when somebody had come for one request.
Clients ClientsAt(const View& view, store::BootNs at, RuntimeAct act);

}  // namespace podtap::verdict
