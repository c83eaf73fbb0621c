#include "cli/events.h"

#include <CLI/CLI.hpp>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <thread>

#include "base/clock.h"
#include "base/escape.h"
#include "cli/event_rows.h"
#include "cli/exit_status.h"
#include "cli/pipeline.h"
#include "cli/standard_output.h"
#include "cli/store_options.h"
#include "cli/stored_deaths.h"
#include "cli/table.h"
#include "cli/when.h"
#include "report/clock.h"

namespace podtap::cli {

struct EventsOptions {
  StoreOptions store;
  std::string ns;
  std::string pod;
  std::string container;
  std::string cause;
  std::string kind;
  std::string since;
  std::string until;
  std::string output = "table";
  int64_t most = 100;
  bool follow = false;
};

namespace {

constexpr const char* kExamples = R"(Examples:
  podtap events                        the last hundred deaths, kills and blind windows
  podtap events -f                     and those to come
  podtap events --cause oom --since 3d
  podtap events -n shop --pod web-0 -o wide
  podtap events --kind death -o json | jq -r .cause | sort | uniq -c

death: a container's end. kill: a signal ended a process that is no container's first.
blind: nobody recorded, or events were lost. podtap why tells the whole story of a death.

Exit status: 0 listed, also when there is nothing; 1 nothing was recorded here, or the
store can't be understood; 2 wrong usage; 3 no right to read the store.)";

constexpr std::chrono::milliseconds kLookEvery{300};

Result<EventFilter> FilterOf(const EventsOptions& options) {
  EventFilter filter;
  filter.query.ns = options.ns;
  filter.query.pod = options.pod;
  filter.query.name = options.container;
  filter.query.cause = options.cause;
  filter.query.limit = options.most;
  if (!options.kind.empty()) {
    filter.deaths = options.kind == KindName(EventRow::Kind::kDeath);
    filter.incidents = options.kind == KindName(EventRow::Kind::kIncident);
    filter.blind = options.kind == KindName(EventRow::Kind::kBlind);
  }
  const int64_t now = ClockNs(CLOCK_REALTIME);
  if (!options.since.empty()) {
    auto since = ParseWhen(options.since, now);
    if (!since) return std::unexpected(std::move(since.error()));
    filter.query.since_unix_ns = *since;
  }
  if (!options.until.empty()) {
    auto until = ParseWhen(options.until, now);
    if (!until) return std::unexpected(std::move(until.error()));
    filter.query.until_unix_ns = *until;
  }
  return filter;
}

std::string WhomOf(const EventRow& row) {
  if (row.kind == EventRow::Kind::kBlind) return "";
  if (row.kind == EventRow::Kind::kIncident) return row.name;
  return store::TargetOf({.container_id = row.container_id,
                          .runtime = row.runtime,
                          .ns = row.ns,
                          .pod = row.pod,
                          .name = row.name});
}

// To the millisecond, without the zone.
std::string TimeOf(const EventRow& row) { return report::LocalDateTime(row.unix_ns).substr(0, 23); }

std::vector<std::string> Cells(const EventRow& row, bool wide) {
  std::vector<std::string> cells = {TimeOf(row), std::string(KindName(row.kind)), WhomOf(row),
                                    row.cause, row.culprit};
  if (wide) {
    const bool death = row.kind == EventRow::Kind::kDeath;
    cells.push_back(death ? std::to_string(row.id) : "");
    cells.push_back(row.confidence);
    cells.push_back(row.runtime);
    cells.push_back(row.container_id.substr(0, 12));
    cells.push_back(row.text);
  }
  return cells;
}

// Lines to come can't know how wide the ones after them are.
std::string FollowedLine(const EventRow& row, bool wide) {
  std::string line =
      TimeOf(row) + "  " + std::string(KindName(row.kind)) + "  " + Escape(WhomOf(row));
  line += "  " + Escape(row.cause);
  if (!row.culprit.empty()) line += "  " + Escape(row.culprit);
  if (wide) line += "  " + Escape(row.text);
  return line + "\n";
}

class EventsRun {
 public:
  EventsRun(const EventsOptions& options, store::Archive archive, EventFilter filter)
      : options_(options), archive_(std::move(archive)), filter_(std::move(filter)) {}

  int Run() {
    auto rows = ReadEvents(archive_, filter_, mark_);
    if (!rows) return Fail(rows.error());
    const bool wide = options_.output == "wide";
    std::string text;
    if (options_.output == "json") {
      for (const EventRow& row : *rows) text += EventJson(row) + "\n";
    } else if (!rows->empty() || !options_.follow) {
      std::vector<std::vector<std::string>> table = {{"TIME", "WHAT", "WHOM", "CAUSE", "BY"}};
      if (wide) {
        for (const char* title : {"DEATH", "CONFIDENCE", "RUNTIME", "ID", "STORY"}) {
          table.front().emplace_back(title);
        }
      }
      for (const EventRow& row : *rows) table.push_back(Cells(row, wide));
      if (rows->empty()) {
        std::fputs("podtap: nothing of that kind was recorded\n", stderr);
      } else {
        text = FormatTable(table);
      }
    }
    if (auto written = WriteOut(text); !written) return Fail(written.error());
    if (std::ssize(*rows) == options_.most && !options_.follow) {
      std::fprintf(stderr, "podtap: the newest %lld; --most N shows more\n",
                   static_cast<long long>(options_.most));
    }
    return options_.follow ? Follow(wide) : kOk;
  }

 private:
  int Follow(bool wide) {
    filter_.query.limit = -1;  // --most is meant for what was before
    const auto& until = filter_.query.until_unix_ns;
    while (!until || ClockNs(CLOCK_REALTIME) <= *until) {
      std::this_thread::sleep_for(kLookEvery);
      if (archive_.Replaced() && !TakeTheNewStore()) continue;
      auto rows = ReadEvents(archive_, filter_, mark_);
      if (!rows) return Fail(rows.error());
      std::string text;
      for (const EventRow& row : *rows) {
        text += options_.output == "json" ? EventJson(row) + "\n" : FollowedLine(row, wide);
      }
      if (auto written = WriteOut(text); !written) return Fail(written.error());
    }
    return kOk;
  }

  // Removed, or set aside, and begun afresh. False: it isn't there yet.
  bool TakeTheNewStore() {
    auto fresh = OpenArchive(options_.store);
    if (!fresh) return false;
    archive_ = std::move(*fresh);
    mark_ = {};
    std::fputs("podtap: the store was begun afresh; following that one\n", stderr);
    return true;
  }

  const EventsOptions& options_;
  store::Archive archive_;
  EventFilter filter_;
  EventMark mark_;
};

}  // namespace

std::shared_ptr<EventsOptions> DeclareEvents(CLI::App& app) {
  auto options = std::make_shared<EventsOptions>();
  app.footer(kExamples);
  app.add_option("-n,--namespace", options->ns, "Pods of this namespace")->type_name("NAME");
  app.add_option("--pod", options->pod, "Of this pod")->type_name("NAME");
  app.add_option("--container", options->container, "Containers of this name")->type_name("NAME");
  app.add_option("--cause", options->cause, "oom, killed.host, …: podtap explain CAUSE")
      ->type_name("CAUSE");
  app.add_option("--kind", options->kind, "death, kill or blind alone")
      ->type_name("KIND")
      ->check(CLI::IsMember({"death", "kill", "blind"}));
  app.add_option("--since", options->since, "Since then: 2h, 14:03, 2026-11-26")->type_name("TIME");
  app.add_option("--until", options->until, "Until then")->type_name("TIME");
  app.add_option("--most", options->most, "The newest N (100)")
      ->type_name("N")
      ->check(CLI::Range(int64_t{1}, int64_t{1'000'000'000}));
  app.add_flag("-f,--follow", options->follow, "Go on with those to come");
  app.add_option("-o,--output", options->output, "table, wide, or json: an object a line")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"table", "wide", "json"}));
  DeclareStoreOption(app, options->store);
  return options;
}

int Events(const EventsOptions& options) {
  auto filter = FilterOf(options);
  if (!filter) return Fail(filter.error());
  auto archive = OpenArchive(options.store);
  if (!archive) return Fail(archive.error());
  return EventsRun(options, std::move(*archive), std::move(*filter)).Run();
}

}  // namespace podtap::cli
