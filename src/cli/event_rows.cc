#include "cli/event_rows.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "base/json_text.h"
#include "report/clock.h"
#include "report/review.h"

namespace podtap::cli {
namespace {

using Kind = EventRow::Kind;

constexpr std::array<std::string_view, 3> kKindNames = {"death", "kill", "blind"};

EventRow RowOf(const store::DeathRow& death) {
  return {.kind = Kind::kDeath,
          .id = death.id,
          .unix_ns = death.unix_ns,
          .ns = death.ns,
          .pod = death.pod,
          .name = death.name,
          .container_id = death.container_id,
          .runtime = death.runtime,
          .cause = death.cause,
          .confidence = death.confidence,
          .culprit = death.culprit,
          .text = death.headline};
}

EventRow RowOf(const store::IncidentRow& incident) {
  return {.kind = Kind::kIncident,
          .id = incident.id,
          .unix_ns = incident.unix_ns,
          .name = incident.name,
          .cause = incident.kind,
          .culprit = incident.culprit,
          .text = incident.text};
}

EventRow RowOf(const store::BlindRow& blind) {
  return {.kind = Kind::kBlind,
          .id = blind.id,
          .unix_ns = blind.from_unix_ns,
          .to_unix_ns = blind.to_unix_ns,
          .cause = blind.why,
          .text = report::BlindText(blind),
          .count = blind.count};
}

// A filter by what only containers have leaves out the rest.
bool NamesContainer(const store::Query& query) {
  return !query.ns.empty() || !query.pod.empty() || !query.name.empty() ||
         !query.container_id.empty();
}

template <typename Row>
Result<void> Take(Result<std::vector<Row>> rows, int64_t& mark, std::vector<EventRow>& events) {
  if (!rows) return std::unexpected(std::move(rows.error()));
  for (const Row& row : *rows) {
    mark = std::max(mark, row.id);
    events.push_back(RowOf(row));
  }
  return {};
}

}  // namespace

std::string_view KindName(Kind kind) { return kKindNames.at(static_cast<size_t>(kind)); }

Result<std::vector<EventRow>> ReadEvents(store::Archive& archive, const EventFilter& filter,
                                         EventMark& mark) {
  std::vector<EventRow> events;
  store::Query query = filter.query;
  query.newest_first = true;
  if (filter.deaths) {
    query.after_id = mark.death;
    if (auto took = Take(archive.Deaths(query), mark.death, events); !took) {
      return std::unexpected(std::move(took.error()));
    }
  }
  if (filter.incidents && !NamesContainer(query)) {
    query.after_id = mark.incident;
    if (auto took = Take(archive.Incidents(query), mark.incident, events); !took) {
      return std::unexpected(std::move(took.error()));
    }
  }
  if (filter.blind && !NamesContainer(query) && query.cause.empty()) {
    query.after_id = mark.blind;
    if (auto took = Take(archive.BlindWindows(query), mark.blind, events); !took) {
      return std::unexpected(std::move(took.error()));
    }
  }
  std::ranges::stable_sort(events, {}, &EventRow::unix_ns);
  if (query.limit >= 0 && std::ssize(events) > query.limit) {
    events.erase(events.begin(), events.end() - query.limit);
  }
  return events;
}

std::string EventJson(const EventRow& row) {
  nlohmann::ordered_json json = {{"schema", "podtap.event/v1"},
                                 {"kind", KindName(row.kind)},
                                 {"id", row.id},
                                 {"time", report::Rfc3339(row.unix_ns)}};
  const auto put = [&](const char* key, const std::string& value) {
    if (!value.empty()) json[key] = value;
  };
  if (row.kind == Kind::kBlind) {
    json["to"] = report::Rfc3339(row.to_unix_ns);
    json["why"] = row.cause;
    if (row.count > 0) json["count"] = row.count;
  } else {
    json["cause"] = row.cause;
  }
  put("namespace", row.ns);
  put("pod", row.pod);
  put("container", row.name);
  put("container_id", row.container_id);
  put("runtime", row.runtime);
  put("confidence", row.confidence);
  put("culprit", row.culprit);
  put("text", row.text);
  return JsonText(json);
}

}  // namespace podtap::cli
