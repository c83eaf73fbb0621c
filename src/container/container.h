// A container as its runtime tells of it.
//
// What enters: nothing; these are the types that the clients of the runtimes fill
// in (one file a runtime) and that recorder, store and report read. What a runtime
// doesn't tell is empty or 0: unknown, never guessed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/strong.h"
#include "cgroup/cgroup_id.h"
#include "cgroup/runtime_kind.h"

namespace podtap::container {

using cgroup::RuntimeKind;
using cgroup::RuntimeName;

// The full id, 64 hex digits as a rule. Empty: not known, or no container.
using ContainerId = Strong<struct ContainerIdTag, std::string>;

enum class State : uint8_t { kUnknown, kCreated, kRunning, kPaused, kRestarting, kExited };
// "created", "running", "paused", "restarting", "exited"; "unknown".
const char* StateName(State state);

// Kubernetes' name for what a container belongs to.
struct Pod {
  std::string name;
  std::string ns;  // namespace
  std::string uid;
  std::string sandbox;  // id of the pod's sandbox at the CRI
  friend bool operator==(const Pod&, const Pod&) = default;
};

// How a container ended, in its runtime's words.
struct RuntimeExit {
  int exit_code = 0;    // as docker inspect and kubectl show it: 137
  std::string reason;   // CRI: "OOMKilled", "Error", "Completed", "ContainerCannotRun"
  std::string message;  // Docker's State.Error, CRI's message
  bool oom_killed = false;
  int64_t started_unix_ns = 0;
  int64_t finished_unix_ns = 0;
  friend bool operator==(const RuntimeExit&, const RuntimeExit&) = default;
};

struct Container {
  RuntimeKind runtime = RuntimeKind::kUnknown;
  ContainerId id;
  std::string name;   // Docker: without the slash; Kubernetes: the container's name in its pod
  std::string image;  // as it was asked for
  Pod pod;            // all empty outside Kubernetes
  bool is_sandbox = false;  // a pod's pause container

  State state = State::kUnknown;
  int32_t init_pid = 0;  // on the host; 0 when it doesn't run
  int64_t created_unix_ns = 0;
  int64_t started_unix_ns = 0;
  int32_t restarts = 0;
  std::optional<RuntimeExit> last_exit;
  // When it last ended, where the runtime tells that but no longer how (Docker, of a
  // container that runs again). Only without last_exit.
  int64_t last_end_unix_ns = 0;

  std::string cgroup_path;  // below the hierarchy's mount: "/docker/4f…"
  cgroup::CgroupId cgroup;
  int64_t memory_limit = 0;  // bytes; 0: none, or not known

  std::string stop_signal;     // "SIGTERM"; empty: the runtime doesn't say (the CRI before 1.33)
  int32_t stop_timeout_s = 0;  // 0: the runtime doesn't say
  std::string restart_policy;  // Docker: "no", "always", …
  // What its first process was told to run. The CRI tells it only of a container that is
  // asked for by its id.
  std::vector<std::string> command;

  friend bool operator==(const Container&, const Container&) = default;
};

}  // namespace podtap::container
