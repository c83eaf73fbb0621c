// Any bytes as the path of a cgroup, as mountinfo, as /proc/PID/cgroup.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "cgroup/flat_file.h"
#include "cgroup/membership.h"
#include "cgroup/mounts.h"
#include "cgroup/path.h"

namespace podtap::cgroup {
namespace {

void Require(bool truth) {
  if (!truth) std::abort();
}

// Whatever a path holds, these are what callers rely on.
void CheckPath(std::string_view path) {
  const PathInfo info = ParsePath(path);
  Require(info.containers.size() <= kMaxNesting);
  std::string_view outer;
  for (const PathContainer& container : info.containers) {
    Require(IsContainerId(container.id));
    Require(path.starts_with(container.path));
    Require(container.path.size() > outer.size() && container.path.starts_with(outer));
    outer = container.path;
  }
  Require(info.pod_uid.size() <= 64);
  Require(info.pod_uid.empty() == (info.qos == Qos::kNone));
  Require(path.starts_with(info.pod_path));
  Require(info.unit.find('/') == std::string::npos);
  Require(info.monitor_of.empty() || IsContainerId(info.monitor_of));
}

}  // namespace
}  // namespace podtap::cgroup

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace podtap::cgroup;
  const std::string text(reinterpret_cast<const char*>(data), size);
  CheckPath(text);
  const auto mounts = ParseMounts(text);
  static_cast<void>(ChooseHierarchies(mounts, "/host", false));
  static_cast<void>(FlatValue(text, "oom_kill"));
  const auto lines = ParseMembership(text);
  for (const Mount& mount : mounts) static_cast<void>(LineOf(lines, mount));
  for (const MembershipLine& line : lines) {
    const std::string joined = JoinPath("/docker/x", line.path);
    if (!joined.starts_with('/') || joined.find("/../") != std::string::npos) std::abort();
    CheckPath(line.path);
  }
  return 0;
}
