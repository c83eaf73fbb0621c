#include "report/review.h"

#include <algorithm>
#include <functional>
#include <string_view>

#include "verdict/view.h"
#include "verdict/wording.h"

namespace podtap::report {
namespace {

std::string PlaceOf(const verdict::Culprit& culprit) {
  if (culprit.container) return verdict::ContainerName(*culprit.container);
  if (culprit.process && !culprit.process->unit.empty()) return "unit " + culprit.process->unit;
  return culprit.process ? "host" : "";
}

// Without the address of a login, which has another port each time.
std::string UserOf(const store::Process& process) {
  std::string text = process.user;
  if (text.empty() && process.uid != store::kNoUid) text = "uid " + std::to_string(process.uid);
  if (!process.login_user.empty() && process.login_user != process.user) {
    text += (text.empty() ? "" : ", ") + ("logged in as " + process.login_user);
  }
  return text;
}

Killer ProcessOf(const verdict::Culprit& culprit) {
  const store::Process& process = *culprit.process;
  return {.kind = Killer::Kind::kSomebody,
          .name = process.comm.empty() ? "process " + std::to_string(process.key.pid.value)
                                       : process.comm,
          .place = PlaceOf(culprit),
          .user = UserOf(process)};
}

// Not known and by itself are no ranks among killers.
int Order(const Killer& killer) { return static_cast<int>(killer.kind); }

}  // namespace

Killer KillerOf(const store::Death& death, const verdict::Verdict& verdict) {
  using Kind = verdict::Culprit::Kind;
  if (verdict.asker_known && verdict.on_behalf_of[0].process) {
    return ProcessOf(verdict.on_behalf_of[0]);
  }
  const verdict::CauseClass end = verdict::ClassOf(verdict::CauseName(verdict.cause));
  if (!verdict.culprit) {
    if (end == verdict::CauseClass::kMemory) {
      return {.kind = Killer::Kind::kSomebody, .name = "the kernel"};
    }
    const bool itself = end == verdict::CauseClass::kExited;
    return {.kind = itself ? Killer::Kind::kItself : Killer::Kind::kNotKnown};
  }
  const verdict::Culprit& culprit = *verdict.culprit;
  switch (culprit.kind) {
    case Kind::kProcess:
      if (culprit.process) return ProcessOf(culprit);
      break;
    case Kind::kKernel:
      return {.kind = Killer::Kind::kSomebody, .name = "the kernel"};
    case Kind::kRuntime:
      return {.kind = Killer::Kind::kSomebody,
              .name = verdict::RuntimeLabel(death.container.runtime)};
    case Kind::kKubelet:
      return {.kind = Killer::Kind::kSomebody, .name = "the kubelet"};
    case Kind::kSelf:
      return {.kind = Killer::Kind::kItself};
  }
  return {};
}

std::vector<KillerRank> RankKillers(const Review& review) {
  std::map<Killer, KillerRank> ranks;
  for (const Told& told : review.deaths) {
    KillerRank& rank = ranks[told.killer];
    rank.killer = told.killer;
    rank.deaths++;
    rank.last_unix_ns = std::max(rank.last_unix_ns, told.row.unix_ns);
    rank.causes[told.row.cause]++;
    rank.victims[TrackOf(told.row)]++;
  }
  std::vector<KillerRank> sorted;
  for (auto& [killer, rank] : ranks) sorted.push_back(std::move(rank));
  std::ranges::stable_sort(sorted, [](const KillerRank& a, const KillerRank& b) {
    if (Order(a.killer) != Order(b.killer)) return Order(a.killer) < Order(b.killer);
    return a.deaths != b.deaths ? a.deaths > b.deaths : a.last_unix_ns > b.last_unix_ns;
  });
  return sorted;
}

std::string TrackOf(const store::DeathRow& row) {
  if (!row.pod.empty()) return row.ns.empty() ? row.pod : row.ns + "/" + row.pod;
  return store::TargetOf(row);
}

std::vector<Track> TracksOf(const Review& review) {
  std::map<std::string, Track> tracks;
  for (size_t i = 0; i < review.deaths.size(); i++) {
    Track& track = tracks[TrackOf(review.deaths[i].row)];
    track.deaths.push_back(i);
  }
  std::vector<Track> sorted;
  for (auto& [name, track] : tracks) sorted.push_back({name, std::move(track.deaths)});
  // Of those with as many, the one that died last comes first.
  std::ranges::stable_sort(sorted, [](const Track& a, const Track& b) {
    return a.deaths.size() != b.deaths.size() ? a.deaths.size() > b.deaths.size()
                                              : a.deaths.back() > b.deaths.back();
  });
  return sorted;
}

std::vector<std::pair<std::string, int64_t>> MostFirst(const Counts& counts) {
  std::vector<std::pair<std::string, int64_t>> sorted(counts.begin(), counts.end());
  std::ranges::stable_sort(sorted, std::greater(), &std::pair<std::string, int64_t>::second);
  return sorted;
}

Counts CauseCounts(const Review& review) {
  Counts counts;
  for (const Told& told : review.deaths) counts[told.row.cause]++;
  return counts;
}

int64_t CountOf(const Review& review, verdict::CauseClass which) {
  return std::ranges::count_if(
      review.deaths, [&](const Told& told) { return verdict::ClassOf(told.row.cause) == which; });
}

Blindness BlindnessOf(const std::vector<store::BlindRow>& windows, int64_t from_unix_ns,
                      int64_t to_unix_ns) {
  Blindness sum;
  for (const store::BlindRow& blind : windows) {
    if (blind.to_unix_ns < from_unix_ns) continue;
    if (blind.why == "lost") {
      sum.lost += blind.count;
    } else if (blind.why == "not kept") {
      sum.unkept += blind.count;
    } else {
      const int64_t from = std::max(blind.from_unix_ns, from_unix_ns);
      const int64_t to = std::min(blind.to_unix_ns, to_unix_ns);
      if (to > from) sum.ns += to - from;
    }
  }
  return sum;
}

std::string BlindText(const store::BlindRow& blind) {
  // Saturating: a damaged file may say anything.
  const std::string length =
      verdict::Duration(verdict::Elapsed({blind.from_unix_ns}, {blind.to_unix_ns}));
  if (blind.why == "lost") return std::to_string(blind.count) + " events were lost in " + length;
  if (blind.why == "not kept") {
    return std::to_string(blind.count) + " facts couldn't be kept in " + length;
  }
  return "nobody recorded for " + length +
         (blind.why == "killed" ? ": the recorder was killed" : "");
}

}  // namespace podtap::report
