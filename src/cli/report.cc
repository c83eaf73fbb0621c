#include "cli/report.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <ranges>

#include "base/clock.h"
#include "cli/exit_status.h"
#include "cli/node_name.h"
#include "cli/pipeline.h"
#include "cli/recorder_state.h"
#include "cli/standard_output.h"
#include "cli/store_options.h"
#include "cli/version.h"
#include "cli/when.h"
#include "report/html.h"
#include "report/review.h"
#include "report/review_json.h"
#include "report/text.h"

namespace podtap::cli {

struct ReportOptions {
  StoreOptions store;
  std::string since = "7d";
  std::string until;
  std::string output = "html";
  int64_t most = 1000;
};

namespace {

constexpr const char* kExamples = R"(Examples:
  podtap report > deaths.html             the last seven days, for a browser
  podtap report --since 2h > deaths.html
  podtap report -o json | jq '.killers[0]'

One page that stands alone: a timeline of deaths for each pod, who ended how many, and
each death's whole story. It holds what podtap record has kept, and says when nobody
recorded. Nothing in it is loaded from anywhere.

Exit status: 0 written, also when nobody died; 1 nothing was recorded here, or the store
can't be understood; 2 wrong usage; 3 no right to read the store; 5 it can't be written.)";

constexpr int kStoryWidth = 110;

Result<void> ReadDeaths(store::Archive& archive, const store::Query& asked, int64_t most,
                        report::Review& review) {
  store::Query query = asked;
  query.newest_first = true;
  query.limit = most + 1;
  auto rows = archive.Deaths(query);
  if (!rows) return std::unexpected(std::move(rows.error()));
  review.older_left_out = std::ssize(*rows) > most;
  if (review.older_left_out) rows->resize(static_cast<size_t>(most));
  for (store::DeathRow& row : std::ranges::reverse_view(*rows)) {
    report::Told told{.row = std::move(row), .killer = {}, .story = ""};
    // One that can't be read is shown without its story, by what its row tells.
    if (const auto death = archive.ReadDeath(told.row.id)) {
      const verdict::Verdict verdict = verdict::Judge(*death);
      told.killer = report::KillerOf(*death, verdict);
      told.story = report::VerdictText(*death, verdict, {.width = kStoryWidth, .colour = false});
    }
    review.deaths.push_back(std::move(told));
  }
  return {};
}

// The windows that the store has, and those that only its sessions tell of: before the
// first recorder and since the last.
Result<void> ReadBlindness(store::Archive& archive, const store::Query& asked,
                           report::Review& review) {
  const auto first = archive.RecordingSince();
  if (!first) return std::unexpected(first.error());
  const auto recorder = RecorderState(archive, review.made_unix_ns);
  if (!recorder) return std::unexpected(recorder.error());
  const int64_t began = first->value_or(review.to_unix_ns);
  if (began > review.from_unix_ns) {
    review.blind.push_back({.from_unix_ns = review.from_unix_ns,
                            .to_unix_ns = std::min(began, review.to_unix_ns),
                            .why = "not running"});
  }
  auto rows = archive.BlindWindows(asked);
  if (!rows) return std::unexpected(std::move(rows.error()));
  std::ranges::move(*rows, std::back_inserter(review.blind));
  const bool runs = recorder->state == top::Recorder::State::kRuns;
  if (first->has_value() && !runs && recorder->since_unix_ns < review.to_unix_ns) {
    const bool killed = recorder->state == top::Recorder::State::kKilled;
    review.blind.push_back({.from_unix_ns = std::max(recorder->since_unix_ns, review.from_unix_ns),
                            .to_unix_ns = review.to_unix_ns,
                            .why = killed ? "killed" : "not running"});
  }
  return {};
}

Result<report::Review> MakeReview(const ReportOptions& options) {
  report::Review review;
  review.node = NodeName();
  review.version = PODTAP_VERSION;
  review.made_unix_ns = ClockNs(CLOCK_REALTIME);
  const auto since = ParseWhen(options.since, review.made_unix_ns);
  if (!since) return std::unexpected(since.error());
  const Result<int64_t> until = options.until.empty()
                                    ? Result<int64_t>(review.made_unix_ns)
                                    : ParseWhen(options.until, review.made_unix_ns);
  if (!until) return std::unexpected(until.error());
  if (*until <= *since) {
    return std::unexpected(Error{.kind = ErrorKind::kUsage,
                                 .tried = "report",
                                 .on = "",
                                 .reason = "--until is not after --since",
                                 .error_number = 0,
                                 .remedy = "",
                                 .detail = ""});
  }
  review.from_unix_ns = *since;
  review.to_unix_ns = *until;
  auto archive = OpenArchive(options.store);
  if (!archive) return std::unexpected(std::move(archive.error()));
  store::Query query;
  query.since_unix_ns = *since;
  query.until_unix_ns = *until;
  if (auto read = ReadDeaths(*archive, query, options.most, review); !read) {
    return std::unexpected(std::move(read.error()));
  }
  if (auto read = ReadBlindness(*archive, query, review); !read) {
    return std::unexpected(std::move(read.error()));
  }
  const auto incidents = archive->Incidents(query);
  if (!incidents) return std::unexpected(incidents.error());
  review.incidents = std::ssize(*incidents);
  return review;
}

}  // namespace

std::shared_ptr<ReportOptions> DeclareReport(CLI::App& app) {
  auto options = std::make_shared<ReportOptions>();
  app.footer(kExamples);
  app.add_option("--since", options->since, "Since then: 2h, 14:03, 2026-11-26 (7d)")
      ->type_name("TIME");
  app.add_option("--until", options->until, "Until then")->type_name("TIME");
  app.add_option("--most", options->most, "The newest N deaths (1000)")
      ->type_name("N")
      ->check(CLI::Range(int64_t{1}, int64_t{1'000'000}));
  app.add_option("-o,--output", options->output, "html, or json: one object")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"html", "json"}));
  DeclareStoreOption(app, options->store);
  return options;
}

int Report(const ReportOptions& options) {
  const bool html = options.output == "html";
  if (html && ::isatty(STDOUT_FILENO) != 0) {
    return Fail({.kind = ErrorKind::kUsage,
                 .tried = "show the report",
                 .on = "",
                 .reason = "a page of HTML is nothing for a terminal",
                 .error_number = 0,
                 .remedy = "podtap report > deaths.html, and open that in a browser",
                 .detail = ""});
  }
  const auto review = MakeReview(options);
  if (!review) return Fail(review.error());
  const std::string text = html ? report::HtmlPage(*review) : report::ReviewJson(*review) + "\n";
  if (auto written = WriteOut(text); !written) return Fail(written.error());
  return kOk;
}

}  // namespace podtap::cli
