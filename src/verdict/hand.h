// Whether a signal's sender is a container runtime's hand.
//
// A process may call itself what it likes. Its name alone makes nobody a runtime: it
// runs outside of the container, and its file, its ancestors, its unit or the
// runtime's own words fit as well.
#pragma once

#include <optional>

#include "verdict/view.h"

namespace podtap::verdict {

struct Hand {
  container::RuntimeKind runtime = container::RuntimeKind::kUnknown;
  store::ProcessKey process;
  // Somebody ran the runtime's tool without its daemon: `runc kill` from a shell,
  // `podman stop`. Who; not known for a daemon's own work.
  store::ProcessKey by_hand_of;
  std::vector<store::RowId> evidence;  // the runtime's own words
};

std::optional<Hand> RuntimeHand(const View& view, const Signal& signal);
// It is called as a runtime is, but nothing else shows that it is one.
bool OnlyNamedLikeRuntime(const View& view, const Signal& signal);

// "dockerd", "containerd", "kubelet" …: programs with connections to a runtime's
// socket that last, or that only pass a request on.
bool IsRuntimeProgram(const View& view, const store::ProcessKey& process);
bool IsKubelet(const View& view, const store::ProcessKey& process);

}  // namespace podtap::verdict
