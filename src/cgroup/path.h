// The path of a cgroup → the containers, pod and systemd unit that it names.
//
// What enters: a path below a hierarchy's mount, as /proc/PID/cgroup has it. What
// leaves: what its components say, by the naming of Docker, Podman, containerd, CRI-O
// and the kubelet, with their cgroupfs and systemd drivers. Nothing is looked up.
//
// Paths are hostile. Whoever may make cgroups inside a container can name one
// "docker-<another's id>.scope": only the first container of a path, the outermost, is
// the host's own word. The others are what stands inside it: true in kind, where a
// "node" is a Docker container, and a claim anywhere else.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cgroup/runtime_kind.h"

namespace podtap::cgroup {

// The class of service that the kubelet puts a pod in.
enum class Qos : uint8_t { kNone, kGuaranteed, kBurstable, kBestEffort };
// "Guaranteed", "Burstable", "BestEffort" as Kubernetes writes them; "".
const char* QosName(Qos qos);

struct PathContainer {
  RuntimeKind runtime = RuntimeKind::kUnknown;  // kUnknown: a bare id tells no runtime
  std::string id;                               // 64 lower-case hex digits
  std::string path;                             // of the container's own cgroup: a prefix
  std::string pod_uid;                          // of the pod around it
  Qos qos = Qos::kNone;
  friend bool operator==(const PathContainer&, const PathContainer&) = default;
};

struct PathInfo {
  std::vector<PathContainer> containers;  // outermost first; the first kMaxNesting
  // The innermost pod, whether or not a container follows.
  std::string pod_uid;
  std::string pod_path;  // its cgroup: a prefix
  Qos qos = Qos::kNone;
  // conmon, CRI-O's and Podman's monitor of the container with this id; not in it.
  std::string monitor_of;
  // The host's systemd unit: "cron.service", "session-3.scope", "docker-4f….scope".
  std::string unit;
  // The unit of a user's own systemd below "user@1000.service".
  std::string user_unit;
  friend bool operator==(const PathInfo&, const PathInfo&) = default;
};

inline constexpr size_t kMaxNesting = 8;

PathInfo ParsePath(std::string_view path);

// 64 lower-case hex digits.
bool IsContainerId(std::string_view text);

}  // namespace podtap::cgroup
