// What podtap events lists: the store's rows of several tables as one, by time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "store/database.h"

namespace podtap::cli {

struct EventRow {
  enum class Kind : uint8_t { kDeath, kIncident, kBlind } kind = Kind::kDeath;
  int64_t id = 0;  // within its kind
  int64_t unix_ns = 0;
  int64_t to_unix_ns = 0;  // kBlind
  std::string ns;
  std::string pod;
  std::string name;  // "pid:7942" of an incident
  std::string container_id;
  std::string runtime;
  std::string cause;  // of kBlind: why
  std::string confidence;
  std::string culprit;
  std::string text;    // a sentence
  uint64_t count = 0;  // kBlind
};
std::string_view KindName(EventRow::Kind kind);

struct EventFilter {
  store::Query query;  // after_id isn't used
  bool deaths = true;
  bool incidents = true;
  bool blind = true;
};

// Where a list left off.
struct EventMark {
  int64_t death = 0;
  int64_t incident = 0;
  int64_t blind = 0;
};

// The newest `query.limit` of each, in order of time, those after `mark` alone, which is
// set to the latest.
Result<std::vector<EventRow>> ReadEvents(store::Archive& archive, const EventFilter& filter,
                                         EventMark& mark);

// "podtap.event/v1", one line.
std::string EventJson(const EventRow& row);

}  // namespace podtap::cli
