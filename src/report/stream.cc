#include "report/stream.h"

#include <nlohmann/json.hpp>

#include "base/json_text.h"
#include "report/clock.h"
#include "report/container_json.h"
#include "store/evidence_json.h"

namespace podtap::report {
namespace {

using Json = nlohmann::ordered_json;

Json Head(const container::Container& container, int64_t unix_ns) {
  Json json = {{"schema", "podtap.fact/v1"}, {"time", Rfc3339(unix_ns)}};
  PutContainer(json, container);
  return json;
}

}  // namespace

std::string StartJson(const container::Container& container, int64_t unix_ns) {
  Json json = Head(container, unix_ns);
  json["started"] = container.init_pid;
  return JsonText(json);
}

std::string LifeJson(const container::Container& container) {
  Json json = {{"schema", "podtap.life/v1"}};
  PutContainer(json, container);
  json["state"] = container::StateName(container.state);
  if (container.started_unix_ns > 0) json["since"] = Rfc3339(container.started_unix_ns);
  return JsonText(json);
}

std::string FactJson(const container::Container& container, const store::Row& row,
                     int64_t real_minus_boot_ns) {
  Json json = Head(container, row.at.value + real_minus_boot_ns);
  json["fact"] = Json::parse(store::RowToJson(row), nullptr, /*allow_exceptions=*/false);
  return JsonText(json);
}

}  // namespace podtap::report
