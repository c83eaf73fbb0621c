#include "top/snapshot.h"

#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "base/json_text.h"
#include "container/target.h"
#include "report/clock.h"
#include "report/review.h"
#include "testimony/last_end.h"

namespace podtap::top {
namespace {

using Json = nlohmann::ordered_json;

constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kHour = 3600 * kSecond;
constexpr std::array<std::string_view, 5> kRecorderStates = {"never", "runs", "stopped", "killed",
                                                             "unreadable"};

// What stays the same when a pod's container is started anew under another id.
std::string IdentityOf(const store::DeathRow& row) {
  if (!row.pod.empty()) return store::TargetOf(row);
  return row.runtime + "://" + row.container_id;
}

std::string IdentityOf(const container::Container& one) {
  if (!one.pod.name.empty()) return container::TargetOf(one);
  // A process or a cgroup that was named as a target has no id.
  if (one.id.value.empty()) return one.name;
  return std::string(container::RuntimeName(one.runtime)) + "://" + one.id.value;
}

Row RowOf(const Present& present) {
  const container::Container& one = present.container;
  const bool runs = one.state == container::State::kRunning;
  Row row{.key = IdentityOf(one),
          .target = container::TargetOf(one),
          .state = container::StateName(one.state),
          .started_unix_ns = runs ? one.started_unix_ns : 0,
          .memory = present.memory};
  if (!one.name.empty()) row.restarts = one.restarts;  // a cgroup alone doesn't tell
  if (one.memory_limit > 0) row.memory_limit = static_cast<uint64_t>(one.memory_limit);
  return row;
}

// The store's deaths by whom they were of, the latest each.
class Latest {
 public:
  explicit Latest(const std::vector<store::DeathRow>& deaths) {
    for (const store::DeathRow& death : deaths) {
      by_identity_.try_emplace(IdentityOf(death), &death);
      if (!death.container_id.empty()) by_id_.try_emplace(death.container_id, &death);
    }
  }
  // A container whose runtime doesn't answer has its id alone.
  const store::DeathRow* Find(const std::string& identity, const std::string& id) const {
    if (const auto found = by_identity_.find(identity); found != by_identity_.end()) {
      return found->second;
    }
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? nullptr : found->second;
  }
  const auto& all() const { return by_identity_; }

 private:
  std::map<std::string, const store::DeathRow*> by_identity_;
  std::map<std::string, const store::DeathRow*> by_id_;
};

// Never the older of two as the last: it would accuse whoever caused that one.
void TakeEnd(const Present& present, const store::DeathRow* death, Row& row) {
  const bool later =
      present.end &&
      (death == nullptr || present.end->unix_ns > death->unix_ns + testimony::kSameDeathNs);
  if (later) {
    row.unrecorded = present.end;
  } else if (death != nullptr) {
    row.death = *death;
  }
}

void AddContainers(const Parts& parts, Snapshot& snapshot) {
  const Latest latest(parts.deaths);
  std::set<std::string> there;
  int64_t running = 0;
  for (const Present& present : parts.present) {
    Row row = RowOf(present);
    running += present.container.state == container::State::kRunning ? 1 : 0;
    if (const store::DeathRow* death = latest.Find(row.key, present.container.id.value)) {
      if (present.container.name.empty()) {
        row.key = IdentityOf(*death);
        row.target = store::TargetOf(*death);
      }
      TakeEnd(present, death, row);
    } else {
      TakeEnd(present, nullptr, row);
    }
    there.insert(row.key);
    snapshot.rows.push_back(std::move(row));
  }
  if (parts.all_answered || !parts.present.empty()) {
    snapshot.running = running;
  }
  if (parts.all_answered) {
    snapshot.containers = std::ssize(parts.present);
  }
  for (const auto& [key, death] : latest.all()) {
    if (there.contains(key) || death->unix_ns < parts.now_unix_ns - kHour) continue;
    snapshot.rows.push_back({.key = key,
                             .target = store::TargetOf(*death),
                             .state = parts.all_answered ? "gone" : "unknown",
                             .death = *death});
  }
}

void CountTheHour(const Parts& parts, Snapshot& snapshot) {
  const int64_t hour_ago = parts.now_unix_ns - kHour;
  using State = Recorder::State;
  if (parts.recorder.state != State::kNever && parts.recorder.state != State::kUnreadable) {
    snapshot.deaths_last_hour = std::ranges::count_if(
        parts.deaths, [&](const store::DeathRow& death) { return death.unix_ns >= hour_ago; });
    snapshot.more_deaths =
        parts.more_deaths && snapshot.deaths_last_hour == std::ssize(parts.deaths);
  }
  const report::Blindness blind = report::BlindnessOf(parts.blind, hour_ago, parts.now_unix_ns);
  snapshot.lost_last_hour = blind.lost;
  snapshot.unkept_last_hour = blind.unkept;
  snapshot.blind_last_hour_ns = blind.ns;
  // The gap that goes on is written down by the next recorder.
  if (parts.recorder.state == State::kStopped || parts.recorder.state == State::kKilled) {
    snapshot.blind_last_hour_ns +=
        parts.now_unix_ns - std::max(parts.recorder.since_unix_ns, hour_ago);
  }
}

}  // namespace

int64_t Row::ended_unix_ns() const {
  if (death) return death->unix_ns;
  return unrecorded ? unrecorded->unix_ns : -1;
}

Snapshot MakeSnapshot(Parts parts) {
  Snapshot snapshot{.node = std::move(parts.node),
                    .now_unix_ns = parts.now_unix_ns,
                    .recorder = parts.recorder,
                    .problems = std::move(parts.problems)};
  AddContainers(parts, snapshot);
  CountTheHour(parts, snapshot);
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
    if (row.unrecorded) {
      one["unrecorded_end"] = {{"time", report::Rfc3339(row.unrecorded->unix_ns)},
                               {"text", row.unrecorded->text}};
      if (row.unrecorded->exit_code) {
        one["unrecorded_end"]["exit_code"] = *row.unrecorded->exit_code;
      }
    }
    containers.push_back(std::move(one));
  }
  Json recorder = {{"state", kRecorderStates.at(static_cast<size_t>(snapshot.recorder.state))}};
  if (snapshot.recorder.since_unix_ns > 0) {
    recorder["since"] = report::Rfc3339(snapshot.recorder.since_unix_ns);
  }
  Json json = {{"schema", "podtap.top/v1"},
               {"node", snapshot.node},
               {"time", report::Rfc3339(snapshot.now_unix_ns)},
               {"recorder", recorder}};
  if (snapshot.running) json["running"] = *snapshot.running;
  if (snapshot.deaths_last_hour) json["deaths_last_hour"] = *snapshot.deaths_last_hour;
  if (snapshot.more_deaths) json["more_deaths"] = true;
  json["events_lost_last_hour"] = snapshot.lost_last_hour;
  json["facts_not_kept_last_hour"] = snapshot.unkept_last_hour;
  json["blind_seconds_last_hour"] = snapshot.blind_last_hour_ns / kSecond;
  json["problems"] = snapshot.problems;
  json["containers"] = std::move(containers);
  return JsonText(json);
}

}  // namespace podtap::top
