#include "cli/runtime_options.h"

#include <fcntl.h>

#include <CLI/CLI.hpp>
#include <cstdlib>

namespace podtap::cli {
namespace {

constexpr double kLongestTimeout = 3600;

Result<std::vector<std::string>> Endpoints(const RuntimeOptions& options) {
  std::vector<std::string> sockets;
  for (const std::string& text : options.endpoints) {
    auto path = container::ParseEndpoint(text);
    if (!path) return std::unexpected(std::move(path.error()));
    sockets.push_back(std::move(*path));
  }
  const char* variable = std::getenv(container::kEndpointVariable);
  if (!sockets.empty() || variable == nullptr) return sockets;
  auto given = container::ParseEndpoints(variable);
  if (!given) given.error().tried += " of " + std::string(container::kEndpointVariable);
  return given;
}

}  // namespace

void DeclareRuntimeOptions(CLI::App& app, RuntimeOptions& options) {
  app.add_option("--runtime-endpoint", options.endpoints,
                 "Ask the runtime at this socket and no other; repeatable")
      ->type_name("unix:///PATH")
      ->allow_extra_args(false)
      ->take_all();
  app.add_option("--host-root", options.host_root,
                 "Where the host's root is mounted, when podtap runs in a container")
      ->type_name("DIR");
  app.add_option("--timeout", options.timeout_s, "How long a runtime may take to answer")
      ->type_name("SECONDS")
      ->capture_default_str();
}

Result<void> CheckRuntimeOptions(const RuntimeOptions& options) {
  if (!(options.timeout_s > 0) || options.timeout_s > kLongestTimeout) {
    return std::unexpected(Error{.kind = ErrorKind::kUsage,
                                 .tried = "use --timeout",
                                 .reason = "it is more than 0 and at most 3600 seconds"});
  }
  if (auto sockets = Endpoints(options); !sockets) {
    return std::unexpected(std::move(sockets.error()));
  }
  return {};
}

Result<NodeAccess> OpenNode(const RuntimeOptions& options) {
  if (auto right = CheckRuntimeOptions(options); !right) {
    return std::unexpected(std::move(right.error()));
  }
  const auto sockets = Endpoints(options);
  NodeAccess node;
  node.root = HostRoot(options.host_root);
  if (!options.host_root.empty()) {
    if (auto there = node.root.Open("/", O_PATH | O_DIRECTORY, "open"); !there) {
      return std::unexpected(std::move(there.error()));
    }
  }
  node.timeout = std::chrono::milliseconds(static_cast<int64_t>(options.timeout_s * 1000) + 1);
  auto tree = cgroup::OpenTree(node.root);
  if (!tree) return std::unexpected(std::move(tree.error()));
  node.tree = std::move(*tree);
  node.runtimes = sockets->empty() ? container::FindRuntimes(node.root)
                                   : container::UseRuntimes(node.root, *sockets);
  return node;
}

}  // namespace podtap::cli
