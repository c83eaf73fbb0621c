// What `podtap top` shows of a node at one moment.
//
// What enters: the runtimes' containers, the store's latest deaths, what is known of the
// recorder. What leaves: rows, one a container. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "container/container.h"
#include "store/rows.h"

namespace podtap::top {

// Strings are as runtimes and processes wrote them: not escaped.
struct Row {
  std::string key;     // the same from one moment to the next
  std::string target;  // as podtap why takes it: "shop/web-0/nginx", "web", "docker://4f1c…"
  std::string state;   // "running", …; "gone": no runtime knows it any more
  int64_t started_unix_ns = 0;  // 0: it doesn't run, or nobody knows
  std::optional<int64_t> restarts;
  std::optional<uint64_t> memory;        // bytes in use
  std::optional<uint64_t> memory_limit;  // bytes
  std::optional<store::DeathRow> death;  // the latest
};

struct Recorder {
  enum class State : uint8_t {
    kNever,
    kRuns,
    kStopped,
    kKilled,
    kUnreadable
  } state = State::kNever;
  int64_t since_unix_ns = 0;  // of the state
  std::string problem;        // kUnreadable
};

// A container as a runtime told it, with what its cgroup says.
struct Present {
  container::Container container;
  std::optional<uint64_t> memory;
};

struct Snapshot {
  std::string node;
  int64_t now_unix_ns = 0;
  std::vector<Row> rows;
  std::vector<store::DeathRow> latest;  // the newest first
  int64_t running = 0;
  int64_t deaths_last_hour = 0;
  uint64_t lost_last_hour = 0;  // events
  Recorder recorder;
  std::vector<std::string> problems;  // a runtime that didn't answer, in a sentence each
};

struct Parts {
  std::string node;
  int64_t now_unix_ns = 0;
  std::vector<Present> present;
  std::vector<store::DeathRow> deaths;  // the newest first
  std::vector<store::BlindRow> blind;
  Recorder recorder;
  std::vector<std::string> problems;
};
Snapshot MakeSnapshot(Parts parts);

// "podtap.top/v1", one line.
std::string SnapshotJson(const Snapshot& snapshot);

}  // namespace podtap::top
