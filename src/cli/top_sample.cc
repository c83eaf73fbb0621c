#include "cli/top_sample.h"

#include <algorithm>
#include <functional>
#include <map>
#include <optional>

#include "base/clock.h"
#include "base/escape.h"
#include "cgroup/memory.h"
#include "cli/node_name.h"
#include "cli/recorder_state.h"
#include "cli/selection.h"
#include "cli/stored_deaths.h"
#include "container/exit_text.h"
#include "container/inventory.h"
#include "report/clock.h"
#include "report/page.h"
#include "report/text.h"
#include "testimony/last_end.h"

namespace podtap::cli {
namespace {

// Enough for the latest of every container of a large node.
constexpr int64_t kMostDeaths = 2000;
constexpr int64_t kHour = 3600LL * 1'000'000'000;

std::optional<top::RuntimeEnd> EndOf(const container::Container& one,
                                     const container::Inventory& inventory) {
  const auto end = testimony::FindLastEnd(one, inventory);
  if (!end) return std::nullopt;
  top::RuntimeEnd told{.unix_ns = end->unix_ns,
                       .exit_code = std::nullopt,
                       .text = container::DescribeExit(end->container)};
  if (end->container.last_exit) told.exit_code = end->container.last_exit->exit_code;
  return told;
}

// Whether each runtime has answered; what went wrong, in a sentence each.
bool AllAnswered(const container::Inventory& inventory, std::vector<std::string>& problems) {
  const std::string none = NoRuntime(inventory);
  bool all = none.empty();
  if (!all) problems.push_back(none);
  for (const container::RuntimeReport& report : inventory.runtimes) {
    if (!report.problem || report.no_cri) continue;
    problems.push_back(report.problem->Message());
    all = false;
  }
  return all;
}

std::optional<uint64_t> MemoryOf(const cgroup::Tree& tree, const container::Container& one) {
  if (one.cgroup_path.empty()) return std::nullopt;
  const auto memory = cgroup::ReadMemory(tree, one.cgroup_path);
  return memory ? memory->usage : std::nullopt;
}

// Returns what the targets mean now.
Selection AddContainers(const NodeAccess& node, const std::vector<container::Target>& targets,
                        top::Parts& parts) {
  const container::Inventory inventory =
      container::TakeInventory(node.runtimes, *node.tree, container::After(node.timeout));
  parts.all_answered = AllAnswered(inventory, parts.problems);
  Selection selection;
  if (targets.empty()) {
    selection.containers = Everything(inventory, false);
  } else {
    selection = Select(targets, inventory, *node.tree);
  }
  for (const container::Container& one : selection.containers) {
    parts.present.push_back(
        {.container = one, .memory = MemoryOf(*node.tree, one), .end = EndOf(one, inventory)});
  }
  return selection;
}

Result<void> AddEveryDeath(store::Archive& archive, top::Parts& parts) {
  store::Query query;
  query.newest_first = true;
  query.limit = kMostDeaths + 1;
  auto deaths = archive.Deaths(query);
  if (!deaths) return std::unexpected(std::move(deaths.error()));
  parts.more_deaths = std::ssize(*deaths) > kMostDeaths;
  if (parts.more_deaths) deaths->pop_back();
  parts.deaths = std::move(*deaths);
  return {};
}

// Those of the containers that the targets mean, and of those that are gone.
class DeathsOfTargets {
 public:
  explicit DeathsOfTargets(store::Archive& archive) : archive_(archive) {}

  // Returns how many.
  template <typename Whom>
  Result<size_t> Add(const Whom& whom) {
    auto found = FindStored(archive_, whom, {.most = kMostDeaths});
    if (!found) return std::unexpected(std::move(found.error()));
    size_t count = 0;
    for (StoredDeaths& deaths : *found) {
      count += deaths.rows.size();
      for (store::DeathRow& row : deaths.rows) by_id_.try_emplace(row.id, std::move(row));
    }
    return count;
  }

  std::vector<store::DeathRow> Take() && {
    std::vector<store::DeathRow> all;
    for (auto& [id, row] : by_id_) all.push_back(std::move(row));
    std::ranges::stable_sort(all, std::greater<>{}, &store::DeathRow::unix_ns);
    return all;
  }

 private:
  store::Archive& archive_;
  std::map<int64_t, store::DeathRow> by_id_;
};

Result<void> AddDeathsOf(const std::vector<container::Target>& targets, const Selection& selection,
                         store::Archive& archive, top::Parts& parts) {
  DeathsOfTargets deaths(archive);
  for (const top::Present& present : parts.present) {
    // A process or a cgroup that was named isn't among the deaths.
    if (present.container.id.value.empty()) continue;
    if (auto added = deaths.Add(present.container); !added) {
      return std::unexpected(std::move(added.error()));
    }
  }
  for (const container::Target& target : targets) {
    const auto added = deaths.Add(target);
    if (!added) return std::unexpected(added.error());
    if (*added > 0) continue;
    const auto unresolved = std::ranges::find(selection.unresolved, target);
    if (unresolved == selection.unresolved.end()) continue;
    const auto at = static_cast<size_t>(unresolved - selection.unresolved.begin());
    parts.problems.push_back(selection.errors[at].Message());
  }
  parts.deaths = std::move(deaths).Take();
  return {};
}

Result<void> ReadStore(const SampleOptions& options, const Selection& selection,
                       top::Parts& parts) {
  auto archive = OpenArchiveIfThere(options.store);
  if (!archive) return std::unexpected(std::move(archive.error()));
  if (!*archive) return {};
  auto recorder = RecorderState(**archive, parts.now_unix_ns);
  if (!recorder) return std::unexpected(std::move(recorder.error()));
  auto added = options.targets.empty() ? AddEveryDeath(**archive, parts)
                                       : AddDeathsOf(options.targets, selection, **archive, parts);
  if (!added) return added;
  store::Query query;
  query.newest_first = true;
  query.since_unix_ns = parts.now_unix_ns - kHour;
  auto blind = (*archive)->BlindWindows(query);
  if (!blind) return std::unexpected(std::move(blind.error()));
  parts.recorder = std::move(*recorder);
  parts.blind = std::move(*blind);
  return {};
}

// Where there is no store to know the targets that aren't found.
void SayUnresolved(const Selection& selection, top::Parts& parts) {
  for (const Error& error : selection.errors) parts.problems.push_back(error.Message());
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

Result<top::Snapshot> TakeSnapshot(const SampleOptions& options) {
  const auto node = OpenNode(options.runtime);
  if (!node) return std::unexpected(node.error());
  top::Parts parts;
  parts.node = NodeName();
  const Selection selection = AddContainers(*node, options.targets, parts);
  parts.now_unix_ns = ClockNs(CLOCK_REALTIME);
  if (auto read = ReadStore(options, selection, parts); !read) {
    parts.deaths.clear();
    parts.recorder = {.state = top::Recorder::State::kUnreadable,
                      .since_unix_ns = 0,
                      .problem = read.error().Message()};
  }
  using State = top::Recorder::State;
  if (parts.recorder.state == State::kUnreadable || parts.recorder.state == State::kNever) {
    SayUnresolved(selection, parts);
  }
  return top::MakeSnapshot(std::move(parts));
}

top::Story TellStory(const StoreOptions& store, const top::Row& row, int columns) {
  if (!row.death) {
    report::Page page(columns, false);
    if (row.unrecorded) {
      page.Paragraph(row.target + " ended: " + row.unrecorded->text + ", says its runtime.");
      page.Field("When", report::LocalDateTime(row.unrecorded->unix_ns));
      page.Field("Recorded", "no: nobody recorded then, or it isn't kept yet");
      page.Field("Next", "podtap why " + row.target + " asks whoever may still know more");
    } else {
      page.Paragraph("No end of " + row.target + " is known.");
    }
    return {.lines = LinesOf(std::move(page).Take()), .first = 0};
  }
  auto archive = OpenArchive(store);
  if (!archive) return {.lines = {Escape(archive.error().Message())}, .first = 0};
  const auto evidence = archive->ReadDeath(row.death->id);
  if (!evidence) return {.lines = {Escape(evidence.error().Message())}, .first = 0};
  const report::TextOptions options{.width = columns, .colour = false};
  return {.lines = LinesOf(report::VerdictText(*evidence, verdict::Judge(*evidence), options)),
          .first = 0};
}

}  // namespace podtap::cli
