#include "cgroup/walk.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <optional>

#include "cgroup/flat_file.h"

namespace podtap::cgroup {
namespace {

bool IsGone(const Error& error) {
  return error.error_number == ENOENT || error.error_number == ENODEV;
}

// The hierarchy in which `path` is there.
Hierarchy Home(const Tree& tree, const std::string& path) {
  return tree.Id(path) ? Hierarchy::kIds : Hierarchy::kMemory;
}

void AddPids(std::string_view text, Pids& found) {
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    int32_t pid = 0;
    std::from_chars(line.data(), line.data() + line.size(), pid);
    if (pid > 0) {
      found.pids.push_back(pid);
    } else if (!line.empty()) {
      found.complete = false;  // "0": a process of another pid namespace
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

}  // namespace

Result<Census> WalkTree(const Tree& tree, Hierarchy hierarchy, const std::string& top,
                        size_t limit) {
  Census census;
  std::vector<std::string> todo{top};
  bool first = true;
  for (size_t next = 0; next < todo.size(); ++next) {
    const std::string folder = todo[next];
    auto children = tree.Children(hierarchy, folder);
    if (!children) {
      if (first) return std::unexpected(std::move(children.error()));
      if (!IsGone(children.error())) census.complete = false;
      continue;
    }
    first = false;
    for (const Child& child : *children) {
      if (census.cgroups.size() == limit) {
        census.complete = false;
        return census;
      }
      census.cgroups.push_back(
          {folder == "/" ? "/" + child.name : folder + "/" + child.name, child.id});
      todo.push_back(census.cgroups.back().path);
    }
  }
  return census;
}

Result<Pids> PidsOf(const Tree& tree, const std::string& path) {
  const Hierarchy hierarchy = Home(tree, path);
  auto census = WalkTree(tree, hierarchy, path);
  if (!census) return std::unexpected(std::move(census.error()));
  Pids found;
  found.complete = census->complete;
  census->cgroups.push_back({path, {}});
  for (const Cgroup& cgroup : census->cgroups) {
    const auto text = tree.Read(hierarchy, cgroup.path, "cgroup.procs");
    if (text) {
      AddPids(*text, found);
    } else if (text.error().error_number != EOPNOTSUPP && !IsGone(text.error())) {
      // EOPNOTSUPP: a threaded cgroup; its processes stand in the one above (cgroups(7)).
      found.complete = false;
    }
  }
  std::ranges::sort(found.pids);
  const auto twice = std::ranges::unique(found.pids);
  found.pids.erase(twice.begin(), twice.end());
  return found;
}

Result<bool> IsPopulated(const Tree& tree, const std::string& path) {
  const Hierarchy hierarchy = Home(tree, path);
  const auto& mount =
      hierarchy == Hierarchy::kIds ? tree.hierarchies().ids : tree.hierarchies().memory;
  if (mount && mount->v2 && path != "/") {
    const auto events = tree.Read(hierarchy, path, "cgroup.events");
    if (!events) return std::unexpected(events.error());
    if (const auto populated = FlatValue(*events, "populated")) return *populated != 0;
  }
  const auto pids = PidsOf(tree, path);
  if (!pids) return std::unexpected(pids.error());
  return !pids->pids.empty() || !pids->complete;
}

}  // namespace podtap::cgroup
