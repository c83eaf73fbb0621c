#include "cli/record_output.h"

#include <atomic>
#include <chrono>
#include <mutex>
#include <optional>
#include <utility>

#include "base/clock.h"
#include "cli/version.h"
#include "serve/metrics.h"
#include "serve/notifier.h"
#include "serve/server.h"

namespace podtap::cli {
namespace {

using serve::Metrics;

// A recorder whose last beat is older is stuck.
constexpr int64_t kStuckNs = 10'000'000'000;
// What waits when the settings are read again has so long to be sent.
constexpr std::chrono::milliseconds kLastMoments{1000};

struct Family {
  const char* name;
  Metrics::Kind kind;
  const char* help;
  std::vector<std::string> labels;
};

// What is shown; names as https://prometheus.io/docs/practices/naming/ wants them.
std::vector<Family> Families() {
  using enum Metrics::Kind;
  return {
      {"podtap_deaths_total", kCounter, "Deaths of containers.", {"cause", "namespace", "pod"}},
      {"podtap_kills_total",
       kCounter,
       "Ends by a signal of processes that are no container's first.",
       {"cause"}},
      {"podtap_ooms_total", kCounter, "Deaths and kills for want of memory.", {}},
      {"podtap_events_total", kCounter, "Events that the kernel told.", {}},
      {"podtap_events_lost_total", kCounter, "Events that didn't fit the ring buffer.", {}},
      {"podtap_ring_bytes", kGauge, "Size of the ring buffer.", {}},
      {"podtap_ring_high_water_bytes", kGauge, "The most that ever waited in it.", {}},
      {"podtap_containers", kGauge, "Containers that are watched.", {}},
      {"podtap_store_bytes", kGauge, "Size of the store's file.", {}},
      {"podtap_store_written_total", kCounter, "Facts that were written.", {}},
      {"podtap_store_waiting", kGauge, "Facts that wait to be written.", {}},
      {"podtap_store_dropped_total", kCounter, "Facts that couldn't be kept.", {}},
      {"podtap_store_failures_total", kCounter, "Writes that failed.", {}},
      {"podtap_notifications_total",
       kCounter,
       "Notifications, by what became of them.",
       {"result"}},
      {"podtap_build_info", kGauge, "Always 1.", {"version"}},
  };
}

bool IsOom(std::string_view cause) { return cause.starts_with("oom."); }

}  // namespace

struct RecordOutputs::Parts {
  Metrics metrics;
  std::atomic<int64_t> beat_ns{0};
  std::atomic<uint64_t> store_waiting{0};
  // Deaths come from two threads: those that were seen, and those of before.
  std::mutex notifying;
  std::unique_ptr<serve::Notifier> notifier;
  std::pair<std::string, std::string> notify_settings;  // command, URL
  serve::Notifier::Numbers notified_before;             // by notifiers that were replaced
  std::unique_ptr<serve::Server> server;                // last: its pages use the others
};

RecordOutputs::RecordOutputs(const Log& log) : log_(log), parts_(std::make_unique<Parts>()) {
  for (const Family& family : Families()) {
    parts_->metrics.Describe(family.name, family.kind, family.help, family.labels);
  }
  parts_->metrics.Set("podtap_build_info", {PODTAP_VERSION}, 1);
}
RecordOutputs::~RecordOutputs() = default;

Result<void> RecordOutputs::Listen(const RecordOptions& options) {
  if (options.listen == "off") return {};
  Parts* parts = parts_.get();
  auto server = serve::Server::Listen(
      options.listen, {{"/metrics",
                        [parts] {
                          return serve::Page{.type = "text/plain; version=0.0.4; charset=utf-8",
                                             .body = parts->metrics.Text()};
                        }},
                       {"/healthz", [parts] {
                          const int64_t age = ClockNs(CLOCK_MONOTONIC) - parts->beat_ns;
                          if (parts->beat_ns == 0)
                            return serve::Page{.status = 503, .body = "not armed yet\n"};
                          if (age > kStuckNs)
                            return serve::Page{.status = 503, .body = "the recorder is stuck\n"};
                          if (parts->store_waiting > 0) {
                            return serve::Page{.status = 503,
                                               .body = "the store can't be written\n"};
                          }
                          return serve::Page{.body = "ok\n"};
                        }}});
  if (!server) return std::unexpected(std::move(server.error()));
  parts_->server = std::move(*server);
  return {};
}

Result<void> RecordOutputs::SetNotifier(const RecordOptions& options) {
  std::optional<serve::Send> send;
  if (!options.notify_command.empty()) {
    send = serve::ByCommand(options.notify_command);
  } else if (!options.notify_url.empty()) {
    auto url = serve::ParseUrl(options.notify_url);
    if (!url) return std::unexpected(std::move(url.error()));
    send = serve::ByPost(std::move(*url));
  }
  // What waits isn't thrown away for nothing.
  const std::pair settings(options.notify_command, options.notify_url);
  if (parts_->notify_settings == settings) return {};
  const std::lock_guard lock(parts_->notifying);
  parts_->notify_settings = settings;
  if (parts_->notifier) {
    parts_->notifier->Stop(container::After(kLastMoments));
    const serve::Notifier::Numbers last = parts_->notifier->numbers();
    parts_->notified_before.sent += last.sent;
    parts_->notified_before.failed_tries += last.failed_tries;
    parts_->notified_before.given_up += last.given_up;
    parts_->notified_before.dropped += last.dropped;
    parts_->notifier.reset();
  }
  if (send) {
    parts_->notifier = std::make_unique<serve::Notifier>(
        std::move(*send), [this](const std::string& note) { log_.Warning(note); });
  }
  return {};
}

void RecordOutputs::Death(const store::DeathRow& row, const std::string& verdict_json) {
  parts_->metrics.Add("podtap_deaths_total", {row.cause, row.ns, row.pod});
  if (IsOom(row.cause)) parts_->metrics.Add("podtap_ooms_total", {});
  const std::lock_guard lock(parts_->notifying);
  if (parts_->notifier) parts_->notifier->Post(verdict_json);
}

void RecordOutputs::Incident(const verdict::Verdict& verdict) {
  const std::string cause(verdict::CauseName(verdict.cause));
  parts_->metrics.Add("podtap_kills_total", {cause});
  if (IsOom(cause)) parts_->metrics.Add("podtap_ooms_total", {});
}

void RecordOutputs::Beat(const Numbers& numbers) {
  parts_->beat_ns = ClockNs(CLOCK_MONOTONIC);
  parts_->store_waiting = numbers.store.in_trouble ? numbers.store.waiting : 0;
  const auto set = [this](const char* name, auto value) {
    parts_->metrics.Set(name, {}, static_cast<double>(value));
  };
  set("podtap_events_total", numbers.seen);
  set("podtap_events_lost_total", numbers.lost);
  set("podtap_ring_bytes", numbers.ring_bytes);
  set("podtap_ring_high_water_bytes", numbers.high_water);
  set("podtap_containers", numbers.lives);
  set("podtap_store_bytes", numbers.store.bytes);
  set("podtap_store_written_total", numbers.store.written);
  set("podtap_store_waiting", numbers.store.waiting);
  set("podtap_store_dropped_total", numbers.store.dropped);
  set("podtap_store_failures_total", numbers.store.failures);
  serve::Notifier::Numbers notified;
  const std::lock_guard lock(parts_->notifying);
  if (parts_->notifier) notified = parts_->notifier->numbers();
  const auto count = [&](const char* result, uint64_t before, uint64_t now) {
    parts_->metrics.Set("podtap_notifications_total", {result}, static_cast<double>(before + now));
  };
  count("sent", parts_->notified_before.sent, notified.sent);
  count("failed_try", parts_->notified_before.failed_tries, notified.failed_tries);
  count("given_up", parts_->notified_before.given_up, notified.given_up);
  count("dropped", parts_->notified_before.dropped, notified.dropped);
}

void RecordOutputs::Stop() {
  parts_->server.reset();
  const std::lock_guard lock(parts_->notifying);
  parts_->notifier.reset();
}

}  // namespace podtap::cli
