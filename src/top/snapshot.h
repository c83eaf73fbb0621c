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

// An end that the runtime tells of and no recorder has kept.
struct RuntimeEnd {
  int64_t unix_ns = 0;
  std::optional<int> exit_code;
  std::string text;  // "137 SIGKILL"
};

// Strings are as runtimes and processes wrote them: not escaped.
struct Row {
  std::string key;     // the same from one moment to the next
  std::string target;  // as podtap why takes it: "shop/web-0/nginx", "web", "docker://4f1c…"
  std::string state;   // "running", …; "gone": no runtime knows it any more. "unknown" too
                       // where a death was recorded and not all runtimes could be asked
  int64_t started_unix_ns = 0;  // 0: it doesn't run, or nobody knows
  std::optional<int64_t> restarts;
  std::optional<uint64_t> memory;        // bytes in use
  std::optional<uint64_t> memory_limit;  // bytes
  // The latest end, by whoever tells of it: never both.
  std::optional<store::DeathRow> death;
  std::optional<RuntimeEnd> unrecorded;
  int64_t ended_unix_ns() const;  // -1: none is known
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
  std::optional<RuntimeEnd> end;  // its last
};

struct Snapshot {
  std::string node;
  int64_t now_unix_ns = 0;
  std::vector<Row> rows;
  std::vector<store::DeathRow> latest;  // the newest first
  // nullopt: nobody could be asked. Cgroups alone tell of those that run.
  std::optional<int64_t> running, containers;
  std::optional<int64_t> deaths_last_hour;  // that were recorded
  bool more_deaths = false;                 // the store has more than were read
  // Of the last hour: events, facts, and for how long nobody recorded.
  uint64_t lost_last_hour = 0, unkept_last_hour = 0;
  int64_t blind_last_hour_ns = 0;
  Recorder recorder;
  std::vector<std::string> problems;  // a runtime that didn't answer, in a sentence each
};

struct Parts {
  std::string node;
  int64_t now_unix_ns = 0;
  std::vector<Present> present;
  bool all_answered = false;            // there is a runtime, and none failed to answer
  std::vector<store::DeathRow> deaths;  // the newest first
  bool more_deaths = false;             // than those
  std::vector<store::BlindRow> blind;
  Recorder recorder;
  std::vector<std::string> problems;
};
Snapshot MakeSnapshot(Parts parts);

// "podtap.top/v1", one line.
std::string SnapshotJson(const Snapshot& snapshot);

}  // namespace podtap::top
