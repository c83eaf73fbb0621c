#include "verdict/rules/told.h"

#include <algorithm>
#include <charconv>

namespace podtap::verdict {

bool NothingSeen(const Scene& scene) { return !scene.blow && scene.subject.wrappers.empty(); }

std::optional<int32_t> ShownCode(const Scene& scene) {
  if (const int32_t signal = scene.init.signal(); signal != 0) return 128 + signal;
  if (scene.init.code()) return scene.init.code();
  if (scene.death().runtime_exit) return scene.death().runtime_exit->exit_code;
  return std::nullopt;
}

std::string_view After(std::string_view line, std::string_view key, std::string_view ends) {
  const size_t at = line.find(key);
  if (at == std::string_view::npos) return "";
  line.remove_prefix(at + key.size());
  return line.substr(0, line.find_first_of(ends));
}

std::optional<int64_t> NumberAfter(std::string_view line, std::string_view key) {
  const size_t at = line.find(key);
  if (at == std::string_view::npos) return std::nullopt;
  line.remove_prefix(at + key.size());
  int64_t number = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), number);
  if (error != std::errc()) return std::nullopt;
  return number;
}

bool IsAboutInit(const Scene& scene, std::optional<int64_t> pid) {
  const int32_t known = scene.death().init.pid.value;
  const int32_t init = known != 0 ? known : scene.death().container.init_pid;
  return pid && init != 0 && *pid == init;
}

bool NamesContainer(const Scene& scene, std::string_view path) {
  const container::Container& container = scene.death().container;
  if (path.empty()) return false;
  const std::string& id = container.id.value;
  if (id.size() >= 12 && path.find(id) != std::string_view::npos) return true;
  return container.cgroup_path.size() > 1 && path == container.cgroup_path;
}

bool Near(const Scene& scene, store::BootNs at, int64_t window) {
  const int64_t before = Elapsed(at, scene.init.at);
  return before >= -window && before <= window;
}

Finding Told(Cause cause, std::string headline, store::RowId row, std::string chain) {
  Finding finding;
  finding.cause = cause;
  finding.confidence = Confidence::kLikely;
  finding.without_blow = true;
  finding.headline = std::move(headline);
  finding.evidence.push_back(row);
  finding.chain.push_back({.text = std::move(chain), .process = {}, .row = row});
  return finding;
}

}  // namespace podtap::verdict
