// One life of a container: from its start to its end, with the rows that concern it.
//
// A container that starts again has another life. What `pid:`, `cgroup:` and `unit:`
// name lives the same way.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <ranges>
#include <string>

#include "container/container.h"
#include "recorder/witness.h"
#include "store/evidence.h"

namespace podtap::recorder {

class Life {
 public:
  // How much context before a death is kept.
  static constexpr int64_t kWindowNs = 60'000'000'000;
  static constexpr size_t kMostRows = 2048;

  Life(uint64_t serial, std::string path, container::Container info, BootNs watched_since)
      : number(serial),
        cgroup_path(std::move(path)),
        container(std::move(info)),
        since(watched_since) {}

  const uint64_t number;          // no other life of this recorder has it
  const std::string cgroup_path;  // "": of the whole node, a `pid:` alone
  container::Container container;
  bool known_to_runtime = false;  // the runtime has told of it
  ProcessKey init;                // not known yet: all zero
  bool init_certain = false;      // the runtime named it, or its exec was seen
  const BootNs since;             // watched from then on
  bool from_start = false;        // and that was its start
  bool ran = false;               // a program of the container's own was run

  struct Dying {
    BootNs at;
    std::optional<int32_t> status;
    BootNs decide_by;  // the runtime is waited for until then
  };
  std::optional<Dying> dying;
  std::optional<container::RuntimeExit> runtime_exit;
  bool runtime_done = false;  // no more is to be expected of it
  // At the runtime's clients, into the kubelet's log: those whose result isn't there yet.
  int looks_expected = 0;

  void Add(BootNs at, store::Fact fact);
  // Rows of the window before `until`, every signal that init got from others, and the
  // kubelet's words: a grace period may be long.
  std::vector<store::Row> Rows(BootNs until) const;
  // The latest row of that kind, to be completed by an event that follows it.
  template <typename F>
  F* Latest() {
    for (store::Row& row : std::views::reverse(rows_)) {
      if (F* fact = std::get_if<F>(&row.fact)) return fact;
    }
    return nullptr;
  }
  // How many rows had to be dropped within the window.
  uint64_t dropped() const { return dropped_; }

 private:
  void Trim(BootNs now);
  bool MustStay(const store::Row& row) const;

  std::deque<store::Row> rows_;
  std::deque<store::Row> kept_;  // older than the window, but wanted
  uint64_t dropped_ = 0;
};

}  // namespace podtap::recorder
