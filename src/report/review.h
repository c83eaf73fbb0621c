// The deaths of a while, as a report tells them: counted, by pod, by killer.
//
// What enters: the store's rows, and of each death its story. What leaves: groups and
// ranks; report/html.h and report/review_json.h write them down. Pure.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "store/rows.h"
#include "verdict/cause_class.h"
#include "verdict/verdict.h"

namespace podtap::report {

// On whose account a death goes. Strings are as processes call themselves: not escaped.
struct Killer {
  enum class Kind : uint8_t { kSomebody, kItself, kNotKnown } kind = Kind::kNotKnown;
  std::string name;   // "pkill", "the kernel", "Docker"
  std::string place;  // "host", "unit cron.service", "container web of pod shop/web-0"; or ""
  std::string user;   // "root (logged in as alice)"
  friend auto operator<=>(const Killer&, const Killer&) = default;
};
// Who asked a runtime, if that is one process; else who did it.
Killer KillerOf(const store::Death& death, const verdict::Verdict& verdict);

struct Told {
  store::DeathRow row;
  Killer killer;
  std::string story;  // VerdictText(), without colour; empty: its evidence can't be read
};

struct Review {
  std::string node;
  std::string version;  // podtap's
  int64_t made_unix_ns = 0;
  int64_t from_unix_ns = 0;
  int64_t to_unix_ns = 0;
  std::vector<Told> deaths;  // the oldest first
  bool older_left_out = false;
  int64_t incidents = 0;  // kills outside of containers
  // Also what is beyond the store's own: before the first recorder, after the last.
  std::vector<store::BlindRow> blind;
};

struct KillerRank {
  Killer killer;
  int64_t deaths = 0;
  int64_t last_unix_ns = 0;
  std::map<std::string, int64_t> causes;
  std::map<std::string, int64_t> victims;  // by TrackOf()
};
// Most deaths first; what is not known and what ended by itself come last.
std::vector<KillerRank> RankKillers(const Review& review);

// A line of the timeline: a pod, or a container without one.
struct Track {
  std::string name;
  std::vector<size_t> deaths;  // of Review::deaths
};
std::string TrackOf(const store::DeathRow& row);
// Most deaths first.
std::vector<Track> TracksOf(const Review& review);

using Counts = std::map<std::string, int64_t>;
std::vector<std::pair<std::string, int64_t>> MostFirst(const Counts& counts);
Counts CauseCounts(const Review& review);
int64_t CountOf(const Review& review, verdict::CauseClass which);

struct Blindness {
  int64_t ns = 0;       // nobody recorded, within the time
  uint64_t lost = 0;    // events
  uint64_t unkept = 0;  // facts
};
// Of windows that end within the time.
Blindness BlindnessOf(const std::vector<store::BlindRow>& windows, int64_t from_unix_ns,
                      int64_t to_unix_ns);
inline Blindness BlindnessOf(const Review& review) {
  return BlindnessOf(review.blind, review.from_unix_ns, review.to_unix_ns);
}
// "nobody recorded for 3 min: the recorder was killed", "17 events were lost in 2 s".
std::string BlindText(const store::BlindRow& blind);

}  // namespace podtap::report
