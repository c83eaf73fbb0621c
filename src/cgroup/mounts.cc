#include "cgroup/mounts.h"

#include <algorithm>
#include <array>

namespace podtap::cgroup {
namespace {

constexpr std::array kVersionNames = {"none", "1", "2", "hybrid"};
// For the ids of a node without version 2, in this order.
constexpr std::array kIdControllers = {"memory", "pids", "cpu", "freezer", "name=systemd"};

std::string_view NextWord(std::string_view& line, char separator) {
  const size_t end = line.find(separator);
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(end == std::string_view::npos ? line.size() : end + 1);
  return word;
}

bool IsOctal(char c) { return c >= '0' && c <= '7'; }

// Spaces, tabs, newlines and backslashes stand as \040 and so on.
std::string Unescape(std::string_view word) {
  std::string text;
  for (size_t i = 0; i < word.size(); ++i) {
    if (word[i] == '\\' && i + 3 < word.size() && IsOctal(word[i + 1]) && IsOctal(word[i + 2]) &&
        IsOctal(word[i + 3])) {
      text += static_cast<char>((word[i + 1] - '0') * 64 + (word[i + 2] - '0') * 8 +
                                (word[i + 3] - '0'));
      i += 3;
    } else {
      text += word[i];
    }
  }
  return text;
}

// Options of the file system that are no controller.
bool IsController(std::string_view option) {
  if (option.starts_with("name=")) return true;
  constexpr std::array kControllers = {"cpu",     "cpuacct", "cpuset",     "memory",  "devices",
                                       "freezer", "blkio",   "pids",       "net_cls", "net_prio",
                                       "hugetlb", "rdma",    "perf_event", "misc"};
  return std::ranges::find(kControllers, option) != kControllers.end();
}

// "36 35 98:0 /root /point rw,relatime shared:1 - cgroup cgroup rw,memory"
std::optional<Mount> ParseMount(std::string_view line) {
  const size_t dash = line.find(" - ");
  if (dash == std::string_view::npos) return std::nullopt;
  std::string_view before = line.substr(0, dash);
  std::string_view after = line.substr(dash + 3);
  for (int skipped = 0; skipped < 3; ++skipped) NextWord(before, ' ');
  Mount mount;
  mount.root = Unescape(NextWord(before, ' '));
  mount.point = Unescape(NextWord(before, ' '));
  const std::string_view type = NextWord(after, ' ');
  NextWord(after, ' ');  // the source
  if (mount.root.empty() || mount.point.empty()) return std::nullopt;
  if (type == "cgroup2") {
    mount.v2 = true;
    return mount;
  }
  if (type != "cgroup") return std::nullopt;
  std::string_view options = NextWord(after, ' ');
  while (!options.empty()) {
    const std::string_view option = NextWord(options, ',');
    if (IsController(option)) mount.controllers.emplace_back(option);
  }
  if (mount.controllers.empty()) return std::nullopt;
  return mount;
}

// Lower is better.
int Rank(const Mount& mount, std::string_view prefix) {
  const bool below = !prefix.empty() && mount.point.starts_with(prefix) &&
                     mount.point.substr(prefix.size()).starts_with('/');
  const bool whole = mount.root == "/" || mount.root.starts_with("/..");
  return (below ? 0 : 2) + (whole ? 0 : 1);
}

template <typename Accept>
std::optional<Mount> Best(const std::vector<Mount>& mounts, std::string_view prefix,
                          Accept accept) {
  const Mount* best = nullptr;
  for (const Mount& mount : mounts) {
    if (accept(mount) && (best == nullptr || Rank(mount, prefix) < Rank(*best, prefix))) {
      best = &mount;
    }
  }
  return best == nullptr ? std::nullopt : std::optional(*best);
}

std::optional<Mount> WithController(const std::vector<Mount>& mounts, std::string_view prefix,
                                    std::string_view controller) {
  return Best(mounts, prefix, [&](const Mount& mount) {
    return std::ranges::find(mount.controllers, controller) != mount.controllers.end();
  });
}

}  // namespace

const char* VersionName(Version version) { return kVersionNames.at(static_cast<size_t>(version)); }

std::vector<Mount> ParseMounts(std::string_view mountinfo) {
  std::vector<Mount> mounts;
  while (!mountinfo.empty()) {
    if (auto mount = ParseMount(NextWord(mountinfo, '\n'))) mounts.push_back(std::move(*mount));
  }
  return mounts;
}

Hierarchies ChooseHierarchies(const std::vector<Mount>& mounts, std::string_view prefix,
                              bool v2_has_memory) {
  Hierarchies found;
  const auto v2 = Best(mounts, prefix, [](const Mount& mount) { return mount.v2; });
  std::optional<Mount> v1;
  for (const char* controller : kIdControllers) {
    v1 = WithController(mounts, prefix, controller);
    if (v1) break;
  }
  // On a version 2 node a stray version 1 hierarchy (name=something) changes nothing.
  if (v2 && (!v1 || v2_has_memory)) {
    found.version = Version::kV2;
    found.ids = found.memory = v2;
  } else if (v2) {
    found.version = Version::kHybrid;
    found.ids = v2;
    found.memory = WithController(mounts, prefix, "memory");
  } else if (v1) {
    found.version = Version::kV1;
    found.ids = v1;
    found.memory = WithController(mounts, prefix, "memory");
  }
  return found;
}

}  // namespace podtap::cgroup
