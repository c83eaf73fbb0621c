// The options by which every command finds the node's runtimes and cgroups.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/host_root.h"
#include "base/result.h"
#include "cgroup/tree.h"
#include "container/endpoint.h"

namespace CLI {
class App;
}

namespace podtap::cli {

struct RuntimeOptions {
  std::vector<std::string> endpoints;  // --runtime-endpoint; empty: the well-known places
  std::string host_root;               // --host-root
  double timeout_s = 2;                // --timeout
};

// For the end of a command's --help.
inline constexpr const char* kEndpointHelp =
    "Runtimes are found by the well-known sockets of Docker, Podman, containerd, CRI-O,\n"
    "k3s, k0s and microk8s; --runtime-endpoint, or PODTAP_RUNTIME_ENDPOINT with commas\n"
    "between several, names others.";

// Declares them on `app`, which must not outlive `options`.
void DeclareRuntimeOptions(CLI::App& app, RuntimeOptions& options);

// Whether they can be meant, whatever runs on the node: errors of kUsage.
Result<void> CheckRuntimeOptions(const RuntimeOptions& options);

// The node that the options mean.
struct NodeAccess {
  HostRoot root;
  std::unique_ptr<cgroup::Tree> tree;
  container::Runtimes runtimes;
  std::chrono::milliseconds timeout{};
};
// Wrong values are errors of kUsage.
Result<NodeAccess> OpenNode(const RuntimeOptions& options);

}  // namespace podtap::cli
