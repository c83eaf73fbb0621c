#include "verdict/rules/told.h"

#include <algorithm>
#include <charconv>

#include "verdict/place.h"
#include "verdict/signal.h"
#include "verdict/windows.h"
#include "verdict/wording.h"

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

bool IsNamedLikeCommand(const Scene& scene, std::string_view comm) {
  constexpr size_t kCommLength = 15;  // TASK_COMM_LEN - 1
  return !comm.empty() &&
         std::ranges::any_of(scene.death().container.command, [&](const std::string& word) {
           return BaseName(word).substr(0, kCommLength) == comm;
         });
}

std::string WhoEnded(const Scene& scene) {
  if (scene.subject.end.process.known()) return scene.subject_name();
  return ContainerName(scene.death().container);
}

const store::Asked* FindAsked(const Scene& scene, std::string_view source) {
  const auto& asked = scene.death().asked;
  const auto found = std::ranges::find(asked, source, &store::Asked::source);
  return found == asked.end() ? nullptr : &*found;
}

bool Remembers(const Scene& scene, std::string_view source, int64_t before) {
  const store::Asked* asked = FindAsked(scene, source);
  if (asked == nullptr || !asked->problem.empty() || asked->to < scene.init.at) return false;
  if (asked->from.value == 0 && asked->to.value == 0) return false;
  store::BootNs from = Plus(scene.init.at, -before);
  const int64_t started = scene.death().container.started_unix_ns;
  if (started > 0 && scene.death().real_minus_boot_ns != 0) {
    from = std::max(from, Plus({started}, -scene.death().real_minus_boot_ns));
  }
  return asked->from <= from;
}

bool NoOomKill(const Scene& scene) {
  for (const auto& kill : scene.view.All<store::OomKill>()) {
    // One of which the log doesn't say whose memory it was may have been the container's.
    const bool ours = kill->levels.empty() ||
                      std::ranges::any_of(kill->levels, [&](const store::OomKill::Level& level) {
                        return NamesContainer(scene, level.path);
                      });
    if (ours) return false;
  }
  for (const auto& counters : scene.view.All<store::MemoryCounters>()) {
    const bool whole = counters->cgroup_path == "/" ||
                       IsBelow(scene.death().container.cgroup_path, counters->cgroup_path);
    if (whole && counters->oom_kills == 0 && !counters->before) return true;
  }
  return Remembers(scene, store::kAskedKernelLog, kOomAnswer);
}

bool NoRuntimeSignal(const Scene& scene) {
  const bool said =
      std::ranges::any_of(scene.view.All<store::RuntimeSaid>(), [&](const auto& word) {
        const bool ends =
            word->action == "kill" && (word->signal == 0 || EndsByDefault(word->signal));
        return word->container == scene.death().container.id && (ends || word->action == "stop");
      });
  if (said) return false;
  // A runtime that remembers this life's start remembers all that came after it.
  const bool whole =
      std::ranges::any_of(scene.view.All<store::RuntimeSaid>(), [&](const auto& word) {
        return word->container == scene.death().container.id && word->action == "start" &&
               word.at <= scene.init.at;
      });
  return whole || Remembers(scene, store::kAskedRuntimeEvents, kAnswer);
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
