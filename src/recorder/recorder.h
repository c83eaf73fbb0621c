// The recorder: the kernel's events and the runtimes' words → deaths with their
// evidence.
//
// What enters: a Witness' calls, containers as their runtimes tell of them, the
// runtimes' events. What leaves: facts as they happen and, when a container has
// died and all that can be known is there, a store::Death, to an Observer. It
// judges nothing.
//
// One thread calls it. Times are CLOCK_BOOTTIME; `now` comes from the caller.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/result.h"
#include "container/runtime.h"
#include "recorder/cgroup_index.h"
#include "recorder/life.h"
#include "recorder/lineage.h"
#include "recorder/node.h"
#include "recorder/witness.h"

namespace podtap::recorder {

class Observer {
 public:
  virtual ~Observer() = default;
  // A container's first own program runs, or one that ran already was found.
  virtual void OnStarted(const Life& life) = 0;
  virtual void OnFact(const Life& life, const store::Row& row) = 0;
  // A container that no runtime has told of has a cgroup now: ask them, then Adopt().
  virtual void OnNewContainer(const Membership& membership) = 0;
  // It has ended: ask its runtime how, then OnRuntimeExit().
  virtual void OnDying(const Life& life) = 0;
  // Something outside of it signals it: if that is its runtime, look now who is
  // connected to the runtime's socket.
  virtual void OnOutsider(const Life& life, const store::SignalSent& sent) = 0;
  // The last that is told of a life.
  virtual void OnDeath(const Life& life, store::Death death) = 0;
  // A signal ended a process that is no container's first, wherever it ran; its container,
  // if it has one, goes on. Told only if RecorderOptions::incidents.
  virtual void OnIncident(store::Death death) = 0;
};

struct RecorderOptions {
  // How long a runtime has to tell how a container ended.
  int64_t runtime_wait_ns = 1'500'000'000;
  // How long after a death the kernel's events may still come.
  int64_t settle_ns = 20'000'000;
  bool incidents = false;
  int incidents_a_second = 20;  // the rest is counted
};

class Recorder : public Witness {
 public:
  Recorder(Node& node, Observer& observer, const RecorderOptions& options = {});
  ~Recorder() override;

  // Takes in what runs already. Call once the probes are armed, before any event.
  void Prime(BootNs now);
  // Reads programs, users and directories of up to `most` processes that Prime() found.
  // True while there are more.
  bool PrimeDetails(size_t most);

  // A container as its runtime tells of it, new or known.
  void Adopt(BootNs now, const container::Container& container);
  // A process alone, or a cgroup that is no container's.
  Result<void> Follow(BootNs now, int32_t pid);
  void FollowCgroup(BootNs now, const std::string& path, const std::string& name);

  // What a runtime calls a container, in an event of it: one that is gone at once, or was
  // renamed, has its name from nowhere else.
  void OnNamed(const container::RuntimeEvent& event);
  void OnRuntimeSaid(BootNs at, const store::RuntimeSaid& said);
  // Somebody looks who is connected to the runtime; a death waits for the result.
  void ExpectClients(const container::ContainerId& container);
  void OnRuntimeClients(BootNs at, const container::ContainerId& container,
                        const std::vector<store::RuntimeClients>& by_socket);
  // Somebody looks into the kubelet's log; a death waits for the result.
  void ExpectKubelet(const container::ContainerId& container);
  struct KubeletWord {
    BootNs at;
    store::KubeletSaid said;
  };
  void OnKubeletSaid(const container::ContainerId& container,
                     const std::vector<KubeletWord>& words);
  void OnRuntimeExit(BootNs now, const container::Container& container);
  // No runtime knows it any more, or answers.
  void OnRuntimeSilent(const container::ContainerId& container);
  // `count` events didn't fit the ring buffer between the two times.
  void OnLost(BootNs from, BootNs to, uint64_t count);

  // Hands out the deaths whose time has come. Returns when to call it again; nullopt:
  // after the next event.
  std::optional<BootNs> Tick(BootNs now);
  // All that are dying, at once: the watch ends.
  void Flush(BootNs now);

  void set_real_minus_boot_ns(int64_t offset) { real_minus_boot_ns_ = offset; }
  const Lineage& lineage() const { return lineage_; }
  // The present life of a container; nullptr: none.
  const Life* Find(const container::ContainerId& id) const { return LifeOfContainer(id).get(); }
  size_t life_count() const { return lives_.size(); }
  uint64_t probe_errors() const { return probe_errors_; }
  // Incidents beyond RecorderOptions::incidents_a_second, since the last call.
  uint64_t TakeIncidentsPassedOver() { return std::exchange(incidents_passed_over_, 0); }

  void OnBorn(BootNs at, const Born& born) override;
  void OnExecuted(BootNs at, const Executed& executed) override;
  void OnExited(BootNs at, const store::ProcessExited& exited) override;
  void OnSignal(BootNs at, const store::SignalSent& sent, int64_t sender_links) override;
  void OnMapped(BootNs at, const Mapped& mapped) override;
  void OnOom(BootNs at, const store::OomKill& oom) override;
  void OnOomLevel(BootNs at, const OomLevel& level) override;
  void OnCgroup(BootNs at, const store::CgroupChanged& changed) override;
  void OnProbeError(BootNs at, const std::string& message) override;

 private:
  using LifePtr = std::shared_ptr<Life>;

  // -- which life
  LifePtr LifeOf(cgroup::CgroupId cgroup, BootNs now);
  LifePtr LifeByPath(std::string_view path) const;
  LifePtr LifeOfContainer(const container::ContainerId& id) const;
  // Calls for the life of the cgroup and for each followed process that is, or begot,
  // this one.
  template <typename Visit>
  void ForLives(cgroup::CgroupId cgroup, const ProcessKey& process, BootNs now, Visit visit);
  LifePtr Begin(BootNs now, const std::string& path, container::Container container,
                bool from_start);
  void FindInit(Life& life);

  // -- what happened to it
  void Record(Life& life, BootNs at, store::Fact fact);
  std::vector<ProcessKey> WhoNamed(const Life& life, BootNs at) const;
  void LookAtSender(BootNs now, const store::SignalSent& sent);
  std::string SshPeer(const ProcessKey& key) const;
  void RememberOoms(const std::string& cgroup_path);
  void Remember(const container::Container& container);
  void BeginDying(Life& life, BootNs at, std::optional<int32_t> status);

  // -- other processes (incident.cc)
  // Of the latest processes; the oldest is forgotten for a new one.
  std::vector<store::Row>& FatalRowsOf(const ProcessKey& process);
  void RememberFatal(BootNs at, const store::SignalSent& sent);
  void RememberFatal(BootNs at, const store::OomKill& oom);
  void TellIncident(BootNs at, const store::ProcessExited& exited);
  // A container's end is told as its own, and takes its processes with it.
  bool IsToldByDeath(BootNs at, const store::ProcessExited& exited);

  // -- its end (death.cc)
  bool Decided(const Life& life, BootNs now) const;
  store::Death MakeDeath(const Life& life, BootNs now);
  void AddRuntimeEnds(store::Death& death) const;
  void AddProcesses(store::Death& death, BootNs now);
  store::Process Describe(const ProcessKey& key, BootNs now, BootNs at);
  void Bury(size_t index, BootNs now);

  Node& node_;
  Observer& observer_;
  RecorderOptions options_;
  Lineage lineage_;
  CgroupIndex cgroups_;
  std::vector<LifePtr> lives_;
  uint64_t lives_begun_ = 0;
  // Cgroups of lives that were told: late events of theirs begin no life.
  std::unordered_set<uint64_t> buried_;
  std::deque<uint64_t> buried_order_;
  std::map<container::ContainerId, container::Container> known_;  // also those that ended
  std::deque<container::ContainerId> known_order_;
  std::vector<LifePtr> followed_;                         // those of them that are processes alone
  std::unordered_map<uint64_t, LifePtr> life_of_cgroup_;  // also cgroups below its own
  std::vector<ProcessKey> to_detail_;

  std::deque<ProcessKey> executed_;  // the latest
  std::set<ProcessKey> looked_at_;
  int64_t look_second_ = 0;
  int looks_ = 0;
  // Told just before the event that they belong to.
  std::map<ProcessKey, store::Mapping> mappings_;
  std::deque<store::Row> runtime_ends_;
  std::map<ProcessKey, std::vector<OomLevel>> oom_levels_;
  std::map<std::string, uint64_t> ooms_at_;  // by path: memory.events.local's oom so far

  // What may end a process, until it does.
  std::map<ProcessKey, std::vector<store::Row>> fatal_rows_;
  std::deque<ProcessKey> fatal_order_;
  int64_t incident_second_ = 0;
  int incidents_ = 0;
  uint64_t incidents_passed_over_ = 0;

  std::vector<store::Gap> gaps_;
  BootNs since_;
  int64_t real_minus_boot_ns_ = 0;
  uint64_t probe_errors_ = 0;
};

}  // namespace podtap::recorder
