// View: the rows of a Death by kind and by process, in order of time.
//
// What enters: a Death, which must outlive the view. Who calls: every step of
// Judge(). Nothing here decides anything.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "store/evidence.h"

namespace podtap::verdict {

// One row, with its place and time.
template <typename T>
struct Sighting {
  store::RowId row = 0;
  store::BootNs at;
  const T* fact = nullptr;
  const T* operator->() const { return fact; }
};
using Signal = Sighting<store::SignalSent>;
using Exited = Sighting<store::ProcessExited>;

// Nanoseconds from one moment to another; the ends of int64_t when it is beyond them.
int64_t Elapsed(store::BootNs from, store::BootNs to);
store::BootNs Plus(store::BootNs at, int64_t ns);

// The same process. /proc tells starts in ticks of 10 ms, and no number comes back so
// soon; a start that isn't known fits every one.
bool Same(const store::ProcessKey& a, const store::ProcessKey& b);

class View {
 public:
  explicit View(const store::Death& death);
  View(const View&) = delete;
  View& operator=(const View&) = delete;

  const store::Death& death() const { return death_; }
  const store::ProcessKey& init() const { return death_.init; }
  bool IsInit(const store::ProcessKey& key) const { return init().known() && Same(key, init()); }

  // All rows of one kind.
  template <typename T>
  const std::vector<Sighting<T>>& All() const {
    return std::get<std::vector<Sighting<T>>>(sightings_);
  }
  std::vector<Signal> SignalsTo(const store::ProcessKey& target) const;
  // The end of the whole process, the last that was seen; nullptr: none.
  const Exited* EndOf(const store::ProcessKey& process) const;
  bool Executed(const store::ProcessKey& process) const;

  // What is known of it; nullptr: nothing.
  const store::Process* Find(const store::ProcessKey& key) const;
  // "pkill(23549)"; "process 23549" when nobody knows its name.
  std::string Name(const store::ProcessKey& key) const;
  std::string Comm(const store::ProcessKey& key) const;  // "" when not known
  // Its true ancestors, the parent first, as far as they are known.
  std::vector<store::ProcessKey> Ancestors(const store::ProcessKey& key) const;
  bool Descends(const store::ProcessKey& key, const store::ProcessKey& ancestor) const;

  // True when everything that happened between the two was seen.
  bool Complete(store::BootNs from, store::BootNs to) const;

 private:
  void AddFact(store::RowId row, const store::Row& value);

  const store::Death& death_;
  std::tuple<std::vector<Sighting<store::SignalSent>>, std::vector<Sighting<store::ProcessExited>>,
             std::vector<Sighting<store::ProcessExec>>, std::vector<Sighting<store::OomKill>>,
             std::vector<Sighting<store::CgroupChanged>>, std::vector<Sighting<store::RuntimeSaid>>,
             std::vector<Sighting<store::RuntimeClients>>,
             std::vector<Sighting<store::KubeletSaid>>, std::vector<Sighting<store::LogLine>>,
             std::vector<Sighting<store::MemoryCounters>>>
      sightings_;
  // By process number: indices into the vectors above, and into Death::processes.
  std::unordered_map<int32_t, std::vector<size_t>> signals_to_;
  std::unordered_map<int32_t, std::vector<size_t>> exits_of_;
  std::unordered_map<int32_t, std::vector<size_t>> processes_;
  // The comm that a row gives it, where no Process does.
  std::unordered_map<store::ProcessKey, std::string> comms_;
};

}  // namespace podtap::verdict
