#include "container/endpoint.h"

#include <algorithm>
#include <cerrno>
#include <set>

#include "container/unix_socket.h"

namespace podtap::container {
namespace {

using NewRuntime = std::unique_ptr<Runtime> (*)(const HostRoot&, std::string, RuntimeKind);

struct KnownSocket {
  const char* path;
  RuntimeKind kind;
  NewRuntime open;
};
constexpr KnownSocket kKnownSockets[] = {
    {"/run/docker.sock", RuntimeKind::kDocker, NewDocker},
    {"/var/run/docker.sock", RuntimeKind::kDocker, NewDocker},
    {"/run/podman/podman.sock", RuntimeKind::kPodman, NewDocker},
    {"/run/containerd/containerd.sock", RuntimeKind::kContainerd, NewCri},
    {"/run/crio/crio.sock", RuntimeKind::kCrio, NewCri},
    {"/var/run/crio/crio.sock", RuntimeKind::kCrio, NewCri},
    {"/run/k3s/containerd/containerd.sock", RuntimeKind::kContainerd, NewCri},
    {"/run/k0s/containerd.sock", RuntimeKind::kContainerd, NewCri},
    {"/var/snap/microk8s/common/run/containerd.sock", RuntimeKind::kContainerd, NewCri},
    {"/run/cri-dockerd.sock", RuntimeKind::kDocker, NewCri},
};

constexpr std::string_view kScheme = "unix://";

Error WrongEndpoint(std::string_view text) {
  return Error{.kind = ErrorKind::kUsage,
               .tried = "use the runtime endpoint",
               .on = std::string(text),
               .reason = "it is no absolute path of a unix socket",
               .remedy = "write unix:///run/containerd/containerd.sock"};
}

bool IsMissing(const Error& error) {
  return error.error_number == ENOENT || error.error_number == ENOTDIR;
}

std::unique_ptr<Runtime> Open(const HostRoot& root, const std::string& path) {
  for (const KnownSocket& known : kKnownSockets) {
    if (path == known.path) return known.open(root, path, known.kind);
  }
  return NewAnyRuntime(root, path);
}

Runtimes Use(const HostRoot& root, const std::vector<std::string>& paths, bool given) {
  Runtimes runtimes;
  runtimes.given = given;
  std::set<std::pair<uint64_t, uint64_t>> seen;
  for (const std::string& path : paths) {
    runtimes.looked_at.push_back(path);
    const auto file = FindSocket(root, path);
    if (file) {
      if (seen.emplace(file->device, file->inode).second) {
        runtimes.found.push_back(Open(root, path));
      }
    } else if (given || !IsMissing(file.error())) {
      runtimes.problems.push_back({path, file.error()});
    }
  }
  return runtimes;
}

}  // namespace

Result<std::string> ParseEndpoint(std::string_view text) {
  std::string_view path = text;
  if (path.starts_with(kScheme)) path.remove_prefix(kScheme.size());
  if (!path.starts_with('/') || path.size() < 2 || path.find('\0') != std::string_view::npos) {
    return std::unexpected(WrongEndpoint(text));
  }
  return std::string(path);
}

Result<std::vector<std::string>> ParseEndpoints(std::string_view text) {
  std::vector<std::string> paths;
  while (!text.empty()) {
    const size_t end = std::min(text.find(','), text.size());
    if (end > 0) {
      auto path = ParseEndpoint(text.substr(0, end));
      if (!path) return std::unexpected(std::move(path.error()));
      paths.push_back(std::move(*path));
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return paths;
}

Runtimes FindRuntimes(const HostRoot& root) {
  std::vector<std::string> paths;
  for (const KnownSocket& known : kKnownSockets) paths.emplace_back(known.path);
  return Use(root, paths, false);
}

Runtimes UseRuntimes(const HostRoot& root, const std::vector<std::string>& sockets) {
  return Use(root, sockets, true);
}

}  // namespace podtap::container
