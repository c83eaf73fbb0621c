// NodeWatch: the recorder at work on this node, until it is told to end.
//
// What enters: the kernel's events, the runtimes' answers, SIGINT and SIGTERM. What
// leaves: starts, facts and verdicts of every container, to a Handler. `podtap watch`
// and `podtap record` differ in what they do with these.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/task_queue.h"
#include "cli/finisher.h"
#include "cli/kubelet_desk.h"
#include "cli/recorder_session.h"
#include "cli/runtime_desk.h"
#include "cli/runtime_options.h"
#include "cli/system_node.h"
#include "cli/testimony_options.h"
#include "recorder/recorder.h"

namespace podtap::cli {

struct NodeWatchOptions {
  RuntimeOptions runtime;
  TestimonyOptions testimony;
  uint64_t ring_bytes = 8u << 20;
  int verbose = 0;
  // For a recorder: what ends processes that are no container's first; SIGHUP says
  // "reload", and doesn't end it.
  bool incidents = false;
  bool hup_reloads = false;
  container::Unlisted unlisted = container::Unlisted::kOfTheMissing;
};

class NodeWatch : private recorder::Observer {
 public:
  class Handler {
   public:
    virtual ~Handler() = default;
    virtual void OnStarted(const recorder::Life& life) = 0;
    // More was learned of whose life it is.
    virtual void OnKnown(const recorder::Life& life) = 0;
    virtual void OnFact(const recorder::Life& life, const store::Row& row) = 0;
    virtual void OnVerdict(uint64_t life, const store::Death& death,
                           const verdict::Verdict& verdict) = 0;
    // NodeWatchOptions::incidents: the end of a process alone.
    virtual void OnIncident(const store::Death& /*death*/, const verdict::Verdict& /*verdict*/) {}
    // `count` events weren't seen, or not kept, between the two times.
    virtual void OnLost(store::BootNs /*from*/, store::BootNs /*to*/, uint64_t /*count*/) {}
    // Incidents that aren't told, because too many came at once.
    virtual void OnPassedOver(store::BootNs /*from*/, store::BootNs /*to*/, uint64_t /*count*/) {}
    // A sentence for the operator: a runtime that went away, events that were lost.
    virtual void OnNote(const std::string& note) = 0;
    // About once a second, between events.
    virtual void OnBeat() {}
    virtual void OnReload() {}
  };

  NodeWatch(const NodeWatchOptions& options, Handler& handler);
  ~NodeWatch() override;

  // Loads, attaches, takes in what runs. `inventory()` is there afterwards.
  Result<void> Arm();
  const container::Inventory& inventory() const { return inventory_; }
  // When the probes were attached (CLOCK_MONOTONIC): nothing that happens later is missed.
  int64_t armed_ns() const { return armed_ns_; }
  const cgroup::Tree& tree() const { return node_->tree(); }
  const HostRoot& root() const { return root_; }
  recorder::Recorder& recorder() { return *recorder_; }
  static store::BootNs Now();
  static int64_t RealMinusBootNs();

  // Until Stop() or a signal that ends programs.
  Result<void> Run();
  void Stop() { stopped_ = true; }
  uint64_t lost() const { return lost_; }
  uint64_t seen() const { return seen_; }  // events
  // Of the ring buffer: the most bytes that ever waited in it.
  uint64_t high_water() const { return high_water_; }

 private:
  void OnStarted(const recorder::Life& life) override { handler_.OnStarted(life); }
  void OnFact(const recorder::Life& life, const store::Row& row) override {
    handler_.OnFact(life, row);
  }
  void OnNewContainer(const recorder::Membership& membership) override;
  void OnDying(const recorder::Life& life) override;
  void OnOutsider(const recorder::Life& life, const store::SignalSent& sent) override;
  void OnDeath(const recorder::Life& life, store::Death death) override;
  void OnIncident(store::Death death) override;

  Result<void> OpenNode();
  Result<void> CatchSignals();
  void Adopt(const container::Container& container);
  void AskKubelet(const recorder::Life& life);
  void TakeRuntimeEvents(container::EventStream& stream);
  void CountLost();
  void TakeSignals();
  void Beat();
  size_t Drain();
  int Wait(size_t got);

  NodeWatchOptions options_;
  Handler& handler_;
  std::unique_ptr<kernel::Kernel> kernel_;
  HostRoot root_;
  std::chrono::milliseconds timeout_{};
  std::unique_ptr<SystemNode> node_;
  std::unique_ptr<recorder::Recorder> recorder_;
  std::unique_ptr<RecorderSession> session_;
  container::Inventory inventory_;
  int64_t armed_ns_ = 0;
  Fd signals_;
  TaskQueue answers_;
  std::unique_ptr<RuntimeDesk> desk_;
  std::unique_ptr<KubeletDesk> kubelet_;
  std::map<uint64_t, store::BootNs> stopped_at_;  // lives whose init a runtime signalled first then
  std::unique_ptr<Finisher> finisher_;
  std::optional<store::BootNs> next_tick_;
  store::BootNs lost_counted_;
  store::BootNs beat_at_;
  uint64_t lost_ = 0;
  uint64_t seen_ = 0;
  uint64_t high_water_ = 0;
  bool more_details_ = true;
  bool stopped_ = false;
};

}  // namespace podtap::cli
