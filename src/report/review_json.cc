#include "report/review_json.h"

#include <array>
#include <nlohmann/json.hpp>

#include "base/json_text.h"
#include "report/clock.h"

namespace podtap::report {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<std::string_view, 3> kKinds = {"somebody", "itself", "unknown"};

void Put(Json& json, const char* key, const std::string& value) {
  if (!value.empty()) json[key] = value;
}

Json ToJson(const Killer& killer) {
  Json json = {{"kind", kKinds.at(static_cast<size_t>(killer.kind))}};
  Put(json, "name", killer.name);
  Put(json, "place", killer.place);
  Put(json, "user", killer.user);
  return json;
}

Json ToJson(const KillerRank& rank) {
  return {{"killer", ToJson(rank.killer)},
          {"deaths", rank.deaths},
          {"last", Rfc3339(rank.last_unix_ns)},
          {"causes", rank.causes},
          {"victims", rank.victims}};
}

Json ToJson(const Told& told) {
  const store::DeathRow& row = told.row;
  Json json = {{"id", row.id}, {"time", Rfc3339(row.unix_ns)}};
  Put(json, "namespace", row.ns);
  Put(json, "pod", row.pod);
  Put(json, "container", row.name);
  json["container_id"] = row.container_id;
  json["runtime"] = row.runtime;
  json["cause"] = row.cause;
  json["confidence"] = row.confidence;
  json["headline"] = row.headline;
  json["killer"] = ToJson(told.killer);
  return json;
}

Json ToJson(const store::BlindRow& blind) {
  Json json = {
      {"from", Rfc3339(blind.from_unix_ns)}, {"to", Rfc3339(blind.to_unix_ns)}, {"why", blind.why}};
  if (blind.count > 0) json["count"] = blind.count;
  return json;
}

template <typename Row>
Json List(const std::vector<Row>& rows) {
  Json list = Json::array();
  for (const Row& row : rows) list.push_back(ToJson(row));
  return list;
}

}  // namespace

std::string ReviewJson(const Review& review) {
  const Blindness blind = BlindnessOf(review);
  Json causes = Json::object();
  for (const auto& [cause, count] : MostFirst(CauseCounts(review))) causes[cause] = count;
  Json json = {{"schema", "podtap.report/v1"},
               {"node", review.node},
               {"made", Rfc3339(review.made_unix_ns)},
               {"from", Rfc3339(review.from_unix_ns)},
               {"to", Rfc3339(review.to_unix_ns)},
               {"older_left_out", review.older_left_out},
               {"unwatched_seconds", static_cast<double>(blind.ns) / 1e9},
               {"events_lost", blind.lost},
               {"facts_not_kept", blind.unkept},
               {"other_kills", review.incidents},
               {"causes", causes},
               {"killers", List(RankKillers(review))},
               {"blind", List(review.blind)},
               {"deaths", List(review.deaths)}};
  return JsonText(json);
}

}  // namespace podtap::report
