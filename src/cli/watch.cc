#include "cli/watch.h"

#include <cstdio>
#include <map>
#include <vector>

#include "base/escape.h"
#include "cli/death_file.h"
#include "cli/exit_status.h"
#include "cli/node_watch.h"
#include "cli/watch_list.h"
#include "cli/watch_output.h"

namespace podtap::cli {
namespace {

using container::Target;
using recorder::Life;

// Facts of a container whose name isn't known yet.
constexpr size_t kMostWaiting = 256;

class WatchRun : public NodeWatch::Handler {
 public:
  WatchRun(const WatchOptions& options, int64_t started_ns)
      : options_(options),
        started_ns_(started_ns),
        list_(options.targets),
        output_(options,
                options.targets.size() > 1 || options.targets.front().kind == Target::Kind::kAll),
        watch_({.runtime = options.runtime,
                .testimony = options.testimony,
                .ring_bytes = options.ring_bytes,
                .verbose = options.verbose},
               *this) {}

  int Run() {
    if (const auto armed = watch_.Arm(); !armed) return Fail(armed.error(), options_.verbose);
    for (const Target& target : options_.targets) {
      if (const auto found = Resolve(target); !found) return Fail(found.error(), options_.verbose);
    }
    SayArmed();
    // What started before the targets were known.
    const auto early = std::exchange(early_, {});
    armed_ = true;
    for (const Life* life : early) OnStarted(*life);
    if (const auto ran = watch_.Run(); !ran) return Fail(ran.error(), options_.verbose);
    return Summary();
  }

  void OnStarted(const Life& life) override {
    if (!armed_) {
      early_.push_back(&life);
      return;
    }
    Waiting& waiting = waiting_[life.number];
    waiting.started = NodeWatch::Now();
    Decide(life, waiting);
  }
  void OnKnown(const Life& life) override {
    const auto found = waiting_.find(life.number);
    if (found != waiting_.end()) Decide(life, found->second);
  }
  void OnFact(const Life& life, const store::Row& row) override {
    Waiting& waiting = waiting_[life.number];
    if (waiting.meant == Meant::kYes) {
      output_.Fact(life, row, watch_.recorder().lineage());
      CheckOutput();
    } else if (waiting.meant == Meant::kNotKnownYet) {
      if (waiting.rows.size() < kMostWaiting) waiting.rows.push_back(row);
      Decide(life, waiting);
    }
  }
  void OnVerdict(uint64_t life, const store::Death& death,
                 const verdict::Verdict& verdict) override {
    waiting_.erase(life);
    if (list_.Decide(death.container, true, watch_.tree()) != Meant::kYes) return;
    if (death.container.is_sandbox && !named_sandbox_) return;
    KeepEvidence(death);
    output_.Verdict(death, verdict);
    CheckOutput();
    if (!options_.once || decided_ || !output_.written()) return;
    decided_ = true;
    status_ = DeathStatus(verdict);
    watch_.Stop();
  }
  void OnNote(const std::string& note) override {
    std::fprintf(stderr, "podtap: %s\n", Escape(note).c_str());
  }

 private:
  // A life until its death: whether it is one that was asked for.
  struct Waiting {
    Meant meant = Meant::kNotKnownYet;
    std::optional<store::BootNs> started;
    std::vector<store::Row> rows;
  };

  void Decide(const Life& life, Waiting& waiting) {
    if (waiting.meant == Meant::kNotKnownYet) {
      waiting.meant = list_.Decide(life.container, life.known_to_runtime, watch_.tree());
    }
    if (waiting.meant == Meant::kNo) waiting.rows.clear();
    if (waiting.meant != Meant::kYes) return;
    if (life.container.is_sandbox && !named_sandbox_) {
      waiting.meant = Meant::kNo;
      return;
    }
    if (waiting.started) output_.Started(life, *std::exchange(waiting.started, std::nullopt));
    for (const store::Row& row : std::exchange(waiting.rows, {})) {
      output_.Fact(life, row, watch_.recorder().lineage());
    }
    CheckOutput();
  }

  Result<void> Resolve(const Target& target) {
    if (target.kind == Target::Kind::kAll) return {};
    auto resolved = container::Resolve(target, watch_.inventory(), watch_.tree());
    if (!resolved) return std::unexpected(resolved.error().ToError());
    if (target.kind == Target::Kind::kPid) {
      return watch_.recorder().Follow(NodeWatch::Now(), resolved->pid);
    }
    bool running = false;
    bool ended = false;
    for (const container::Container& container : resolved->containers) {
      running |= container.state == container::State::kRunning;
      if (resolved->stand_in) {
        watch_.recorder().FollowCgroup(NodeWatch::Now(), container.cgroup_path, container.name);
        running = true;
        continue;
      }
      named_sandbox_ |= container.is_sandbox;
      list_.Add(container);
      const Life* life = watch_.recorder().Find(container.id);
      ended |= container.state == container::State::kRunning && (life == nullptr || !life->ran);
    }
    if (ended) {
      OnNote(target.written + " ended while the watch began; podtap why " + target.written +
             " tells what is known");
    }
    if (!running) {
      OnNote("waiting for " + target.written + " to start; it doesn't run now (podtap why " +
             target.written + " tells how it ended)");
    }
    return {};
  }

  void SayArmed() const {
    if (options_.verbose == 0) return;
    const auto since = [this](int64_t ns) {
      return static_cast<long long>((ns - started_ns_) / 1000);
    };
    std::fprintf(stderr, "podtap: armed in %lld us, %zu containers known after %lld us\n",
                 since(watch_.armed_ns()), watch_.inventory().containers.size(),
                 since(MonotonicNs()));
  }

  void KeepEvidence(const store::Death& death) {
    if (options_.evidence_folder.empty()) return;
    const auto kept = WriteDeath(options_.evidence_folder, death);
    if (!kept) OnNote(kept.error().Message());
  }

  void CheckOutput() {
    if (output_.written() || unread_) return;
    unread_ = true;
    const Error& error = output_.written().error();
    if (error.error_number != EPIPE) status_ = Fail(error);
    watch_.Stop();
  }

  int Summary() {
    if (watch_.lost() > 0) {
      OnNote(std::to_string(watch_.lost()) +
             " events were lost in all; verdicts of that time say so");
    }
    return status_;
  }

  const WatchOptions& options_;
  int64_t started_ns_;
  WatchList list_;
  WatchOutput output_;
  NodeWatch watch_;
  std::map<uint64_t, Waiting> waiting_;
  std::vector<const Life*> early_;
  bool armed_ = false;
  bool named_sandbox_ = false;
  bool decided_ = false;
  bool unread_ = false;  // its output can't be written
  int status_ = kOk;
};

}  // namespace

int Watch(const WatchOptions& options, int64_t process_started_ns) {
  return WatchRun(options, process_started_ns).Run();
}

}  // namespace podtap::cli
