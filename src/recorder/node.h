// What the recorder asks of the machine, besides the kernel's events.
//
// Callers: recorder.cc. The real one is in cli; tests have one in memory.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cgroup/cgroup_id.h"
#include "container/container.h"
#include "recorder/lineage.h"
#include "store/evidence.h"

namespace podtap::recorder {

// What the path of a cgroup tells.
struct Membership {
  container::RuntimeKind runtime = container::RuntimeKind::kUnknown;
  container::ContainerId container;  // empty: of no container
  std::string container_path;        // the container's own cgroup: this one or one above it
  std::string pod_uid;
  std::string unit;  // of systemd: "cron.service"; empty: none
};

class Node {
 public:
  virtual ~Node() = default;

  virtual std::vector<ProcStat> Processes() = 0;
  virtual std::optional<store::Process> ReadProcess(const ProcessKey& key) = 0;
  virtual std::string Environment(int32_t pid, std::string_view name) = 0;

  struct Cgroup {
    cgroup::CgroupId id;
    std::string path;
  };
  // All of the version 2 hierarchy (see cgroup::CgroupId).
  virtual std::vector<Cgroup> Cgroups() = 0;
  // The processes that are in it or below it.
  virtual std::vector<int32_t> ProcessesIn(const std::string& cgroup_path) = 0;
  virtual Membership MembershipOf(std::string_view cgroup_path) = 0;
  // Counters of the memory cgroup beside this cgroup 2 path; nullopt without any.
  virtual std::optional<store::MemoryCounters> Memory(const std::string& cgroup_path) = 0;
};

}  // namespace podtap::recorder
