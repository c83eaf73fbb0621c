#include "cli/top_sample.h"

#include <sys/utsname.h>

#include "base/clock.h"
#include "base/escape.h"
#include "cgroup/memory.h"
#include "cli/recorder_state.h"
#include "container/inventory.h"
#include "report/text.h"

namespace podtap::cli {
namespace {

// Enough for the latest of every container of a large node.
constexpr int64_t kMostDeaths = 2000;
constexpr int64_t kHour = 3600LL * 1'000'000'000;

void AddContainers(const NodeAccess& node, top::Parts& parts) {
  const container::Inventory inventory =
      container::TakeInventory(node.runtimes, *node.tree, container::After(node.timeout));
  for (const container::Container& one : inventory.containers) {
    if (one.is_sandbox || inventory.IsSuperseded(one)) continue;
    std::optional<uint64_t> usage;
    if (!one.cgroup_path.empty()) {
      if (const auto memory = cgroup::ReadMemory(*node.tree, one.cgroup_path)) {
        usage = memory->usage;
      }
    }
    parts.present.push_back({.container = one, .memory = usage});
  }
  for (const container::RuntimeReport& report : inventory.runtimes) {
    if (report.problem && !report.no_cri) parts.problems.push_back(report.problem->Message());
  }
}

Result<void> ReadStore(const StoreOptions& options, top::Parts& parts) {
  auto archive = OpenArchiveIfThere(options);
  if (!archive) return std::unexpected(std::move(archive.error()));
  if (!*archive) return {};
  auto recorder = RecorderState(**archive, parts.now_unix_ns);
  if (!recorder) return std::unexpected(std::move(recorder.error()));
  store::Query query;
  query.newest_first = true;
  query.limit = kMostDeaths;
  auto deaths = (*archive)->Deaths(query);
  if (!deaths) return std::unexpected(std::move(deaths.error()));
  query.since_unix_ns = parts.now_unix_ns - kHour;
  auto blind = (*archive)->BlindWindows(query);
  if (!blind) return std::unexpected(std::move(blind.error()));
  parts.recorder = std::move(*recorder);
  parts.deaths = std::move(*deaths);
  parts.blind = std::move(*blind);
  return {};
}

std::vector<std::string> LinesOf(const std::string& text) {
  std::vector<std::string> lines;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

}  // namespace

Result<top::Snapshot> TakeSnapshot(const RuntimeOptions& runtime, const StoreOptions& store) {
  const auto node = OpenNode(runtime);
  if (!node) return std::unexpected(node.error());
  top::Parts parts;
  struct utsname name {};
  parts.node = ::uname(&name) == 0 ? name.nodename : "this node";
  AddContainers(*node, parts);
  parts.now_unix_ns = ClockNs(CLOCK_REALTIME);
  if (auto read = ReadStore(store, parts); !read) {
    parts.recorder = {.state = top::Recorder::State::kUnreadable,
                      .since_unix_ns = 0,
                      .problem = read.error().Message()};
  }
  return top::MakeSnapshot(std::move(parts));
}

top::Story TellStory(const StoreOptions& store, int64_t death, int columns) {
  auto archive = OpenArchive(store);
  if (!archive) return {.lines = {Escape(archive.error().Message())}, .first = 0};
  const auto evidence = archive->ReadDeath(death);
  if (!evidence) return {.lines = {Escape(evidence.error().Message())}, .first = 0};
  const report::TextOptions options{.width = columns, .colour = false};
  return {.lines = LinesOf(report::VerdictText(*evidence, verdict::Judge(*evidence), options)),
          .first = 0};
}

}  // namespace podtap::cli
