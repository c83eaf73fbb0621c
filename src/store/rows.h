// What the store keeps, as its rows: lives, deaths, incidents, blind windows.
//
// Times are nanoseconds of Unix, as the clock stood then.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "container/container.h"
#include "store/evidence.h"

namespace podtap::store {

// A container from its start to its end, as far as it is known.
struct LifeRow {
  std::string container_id;
  int64_t started_unix_ns = 0;
  std::optional<int64_t> ended_unix_ns;  // nullopt: it still runs, or nobody saw its end
  std::string runtime;
  std::string ns;
  std::string pod;
  std::string name;
  std::string image;
  std::string cgroup_path;
  std::optional<uint64_t> memory_limit;
  uint32_t restarts = 0;
};

// What a list of deaths shows; the evidence is read by its id.
struct DeathRow {
  int64_t id = 0;
  int64_t unix_ns = 0;
  std::string container_id;
  std::string runtime;
  std::string ns;
  std::string pod;
  std::string name;
  std::string cause;
  std::string confidence;
  std::string headline;
  std::string culprit;  // "pkill(4711)"; empty: nobody
  std::optional<int32_t> exit_status;
  bool is_sandbox = false;
};
// What a command takes as a target: "shop/web-0/app", "server", "docker://4711aaaabbbb";
// ShortId the last form, without the scheme when nobody knew the runtime.
std::string TargetOf(const DeathRow& row);
std::string ShortId(const DeathRow& row);

// A signal ended a process that is no container's first; the evidence is a Death of it.
struct IncidentRow {
  int64_t id = 0;
  int64_t unix_ns = 0;
  std::string name;     // "pid:7942"
  std::string kind;     // the verdict's cause
  std::string culprit;  // as a death's
  std::string text;     // its headline
};

// When the store knows nothing, or not all.
struct BlindRow {
  int64_t id = 0;
  int64_t from_unix_ns = 0;
  int64_t to_unix_ns = 0;
  std::string why;     // "not running", "killed", "lost", "not kept"
  uint64_t count = 0;  // of "lost" and "not kept": how many
};

// Which rows are asked for; what is empty matches all.
struct Query {
  std::string ns;
  std::string pod;
  std::string name;
  std::string container_id;  // or its beginning
  std::string cause;         // "oom" matches "oom.child" too
  std::optional<int64_t> since_unix_ns;
  std::optional<int64_t> until_unix_ns;
  int64_t after_id = 0;  // newer rows alone
  bool sandboxes = false;
  bool newest_first = false;
  int64_t limit = -1;
};

struct Counts {
  int64_t deaths = 0;
  int64_t lives = 0;
  int64_t incidents = 0;
  int64_t blind = 0;
  int64_t bytes = 0;  // of the file
};

}  // namespace podtap::store
