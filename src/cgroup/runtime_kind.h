// RuntimeKind: which container runtime, as far as a name tells it.
#pragma once

#include <cstdint>

namespace podtap::cgroup {

enum class RuntimeKind : uint8_t { kUnknown, kDocker, kPodman, kContainerd, kCrio };
// "docker", "podman", "containerd", "cri-o"; "unknown".
const char* RuntimeName(RuntimeKind kind);

}  // namespace podtap::cgroup
