// Target: what a user says podtap should look at. One grammar for every command.
//
//   POD  NAMESPACE/POD  NAMESPACE/POD/CONTAINER  NAME  ID
//   docker://ID  podman://ID  containerd://ID  cri-o://ID
//   pid:N  cgroup:PATH  unit:NAME.service  --all
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "container/container.h"

namespace podtap::container {

struct Target {
  enum class Kind : uint8_t { kAll, kWord, kPod, kContainer, kId, kPid, kCgroup, kUnit };
  Kind kind = Kind::kWord;
  std::string written;  // as it was given
  // kWord: a pod's or container's name, or an id. kPod, kContainer: the parts of
  // NAMESPACE/POD/CONTAINER. kId: what follows "://". kUnit: with its suffix.
  std::string ns;
  std::string name;
  std::string container;
  RuntimeKind runtime = RuntimeKind::kUnknown;  // kId
  int32_t pid = 0;                              // kPid: above 0
  std::string path;                             // kCgroup: absolute, without ".."
  friend bool operator==(const Target&, const Target&) = default;
};

// Errors are of kUsage and say what is accepted.
Result<Target> ParseTarget(std::string_view text);

// How a user would name this container: "default/web-0/nginx", "web" (Docker),
// "docker://4f1c3b5e7a9d". Without escapes.
std::string TargetOf(const Container& container);

}  // namespace podtap::container
