#include "top/snapshot.h"

#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "report/clock.h"
#include "report/review.h"

namespace podtap::top {
namespace {

using Json = nlohmann::ordered_json;

constexpr int64_t kHour = 3600LL * 1'000'000'000;
constexpr size_t kShortId = 12;
constexpr std::array<std::string_view, 5> kRecorderStates = {"never", "runs", "stopped", "killed",
                                                             "unreadable"};

// What stays the same when a pod's container is started anew under another id.
std::string IdentityOf(const store::DeathRow& row) {
  if (!row.pod.empty()) return row.ns + "/" + row.pod + "/" + row.name;
  return row.runtime + "://" + row.container_id;
}

std::string IdentityOf(const container::Container& one) {
  if (!one.pod.name.empty()) return one.pod.ns + "/" + one.pod.name + "/" + one.name;
  return std::string(container::RuntimeName(one.runtime)) + "://" + one.id.value;
}

std::string TargetOf(const container::Container& one) {
  if (!one.pod.name.empty()) return one.pod.ns + "/" + one.pod.name + "/" + one.name;
  if (!one.name.empty()) return one.name;
  const std::string id = one.id.value.substr(0, kShortId);
  if (one.runtime == container::RuntimeKind::kUnknown) return id;
  return std::string(container::RuntimeName(one.runtime)) + "://" + id;
}

std::string TargetOf(const store::DeathRow& row) {
  if (!row.pod.empty()) return row.ns + "/" + row.pod + "/" + row.name;
  return row.name.empty() ? report::ShortId(row) : row.name;
}

Row RowOf(const Present& present) {
  const container::Container& one = present.container;
  const bool runs = one.state == container::State::kRunning;
  Row row{.key = IdentityOf(one),
          .target = TargetOf(one),
          .state = container::StateName(one.state),
          .started_unix_ns = runs ? one.started_unix_ns : 0,
          .memory = present.memory};
  if (!one.name.empty()) row.restarts = one.restarts;  // a cgroup alone doesn't tell
  if (one.memory_limit > 0) row.memory_limit = static_cast<uint64_t>(one.memory_limit);
  return row;
}

}  // namespace

Snapshot MakeSnapshot(Parts parts) {
  Snapshot snapshot{.node = std::move(parts.node),
                    .now_unix_ns = parts.now_unix_ns,
                    .recorder = std::move(parts.recorder),
                    .problems = std::move(parts.problems)};
  std::map<std::string, const store::DeathRow*> last;
  for (const store::DeathRow& death : parts.deaths) last.try_emplace(IdentityOf(death), &death);
  std::set<std::string> there;
  for (const Present& present : parts.present) {
    Row row = RowOf(present);
    snapshot.running += row.state == container::StateName(container::State::kRunning) ? 1 : 0;
    if (const auto found = last.find(row.key); found != last.end()) row.death = *found->second;
    there.insert(row.key);
    snapshot.rows.push_back(std::move(row));
  }
  const int64_t hour_ago = parts.now_unix_ns - kHour;
  for (const auto& [key, death] : last) {
    if (there.contains(key) || death->unix_ns < hour_ago) continue;
    snapshot.rows.push_back(
        {.key = key, .target = TargetOf(*death), .state = "gone", .death = *death});
  }
  for (const store::DeathRow& death : parts.deaths) {
    snapshot.deaths_last_hour += death.unix_ns >= hour_ago ? 1 : 0;
  }
  for (const store::BlindRow& blind : parts.blind) {
    if (blind.why == "lost" && blind.to_unix_ns >= hour_ago) snapshot.lost_last_hour += blind.count;
  }
  snapshot.latest = std::move(parts.deaths);
  return snapshot;
}

std::string SnapshotJson(const Snapshot& snapshot) {
  Json containers = Json::array();
  for (const Row& row : snapshot.rows) {
    Json one = {{"target", row.target}, {"state", row.state}};
    if (row.started_unix_ns > 0) one["started"] = report::Rfc3339(row.started_unix_ns);
    if (row.restarts) one["restarts"] = *row.restarts;
    if (row.memory) one["memory_bytes"] = *row.memory;
    if (row.memory_limit) one["memory_limit_bytes"] = *row.memory_limit;
    if (row.death) {
      one["last_death"] = {{"id", row.death->id},
                           {"time", report::Rfc3339(row.death->unix_ns)},
                           {"cause", row.death->cause},
                           {"confidence", row.death->confidence},
                           {"headline", row.death->headline}};
      if (!row.death->culprit.empty()) one["last_death"]["culprit"] = row.death->culprit;
    }
    containers.push_back(std::move(one));
  }
  Json recorder = {{"state", kRecorderStates.at(static_cast<size_t>(snapshot.recorder.state))}};
  if (snapshot.recorder.since_unix_ns > 0) {
    recorder["since"] = report::Rfc3339(snapshot.recorder.since_unix_ns);
  }
  const Json json = {{"schema", "podtap.top/v1"},
                     {"node", snapshot.node},
                     {"time", report::Rfc3339(snapshot.now_unix_ns)},
                     {"recorder", recorder},
                     {"running", snapshot.running},
                     {"deaths_last_hour", snapshot.deaths_last_hour},
                     {"events_lost_last_hour", snapshot.lost_last_hour},
                     {"problems", snapshot.problems},
                     {"containers", containers}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace podtap::top
