#include <array>

#include "container/container.h"

namespace podtap::container {
namespace {

constexpr std::array kRuntimeNames = {"unknown", "docker", "podman", "containerd", "cri-o"};
constexpr std::array kStateNames = {"unknown", "created",    "running",
                                    "paused",  "restarting", "exited"};

}  // namespace

const char* RuntimeName(RuntimeKind kind) { return kRuntimeNames.at(static_cast<size_t>(kind)); }
const char* StateName(State state) { return kStateNames.at(static_cast<size_t>(state)); }

}  // namespace podtap::container
