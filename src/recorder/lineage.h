// Lineage: every process of the node with its true parent, also of those that ended.
//
// What enters: births, new programs and ends, as the kernel tells them, and what
// /proc tells of processes that were there before. What leaves: store::Process and
// chains of ancestors. /proc forgets an ancestor when it ends, and gives its children
// to init; a lineage doesn't.
//
// Bounded: a process that has ended is kept while a living descendant needs it, and
// otherwise among the latest `kEndedKept`; a chain holds some hundred ancestors.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "recorder/witness.h"
#include "store/process.h"

namespace podtap::recorder {

// What /proc/PID/stat and its neighbours tell at once. Starts are there in ticks of
// 10 ms: `start` is rounded down to one.
struct ProcStat {
  int32_t pid = 0;
  int32_t parent = 0;
  BootNs start;
  std::string comm;
  bool kernel_thread = false;
};

inline constexpr int64_t kTickNs = 10'000'000;  // of /proc's clock, USER_HZ 100

// Whether both name one process, where one of them may be /proc's word: a number comes
// back only after all others were given out, so two starts within a tick are one.
inline bool Same(const ProcessKey& a, const ProcessKey& b) {
  return a.pid == b.pid && a.start.value / kTickNs == b.start.value / kTickNs;
}

class Lineage {
 public:
  static constexpr size_t kEndedKept = 32768;
  static constexpr size_t kActedKept = 4096;

  Lineage();
  ~Lineage();
  Lineage(const Lineage&) = delete;
  Lineage& operator=(const Lineage&) = delete;

  void OnBorn(const Born& born);
  void OnExecuted(BootNs at, const Executed& executed);
  void OnExited(BootNs at, const store::ProcessExited& exited);
  // A process that something mentions. Made if it isn't known; its exact start
  // replaces one that /proc rounded.
  void Mention(const ProcessKey& key, const std::string& comm);
  // The sender of a signal, as it is now: it may have another user since its exec, and
  // may run another program right after.
  void OnSent(const store::SignalSent& sent);

  // Its program has no name in any directory any more.
  void MarkDeleted(const ProcessKey& key);

  // All that ran before the watch. A process that an event told of already stays
  // as it is.
  void Prime(const std::vector<ProcStat>& stats);
  // Takes over the fields of `details` that the lineage doesn't know; never its
  // identity, parent or end.
  void Complete(const ProcessKey& key, const store::Process& details);

  // The key as exactly as it is known; `key` itself if the process isn't.
  ProcessKey Exact(const ProcessKey& key) const;
  // What is known; nullopt if the process isn't. A rounded start finds the same
  // process as an exact one.
  std::optional<store::Process> Find(const ProcessKey& key) const;
  // As it was when it sent a signal at `at`: a killer that runs another program before
  // anybody looks is still told by the one that killed.
  std::optional<store::Process> FindSender(const ProcessKey& key, BootNs at) const;
  // Parent, grandparent, …, up to a process that has no known parent.
  std::vector<ProcessKey> Ancestors(const ProcessKey& key) const;
  // The living process with that number.
  std::optional<ProcessKey> Living(int32_t pid) const;
  std::vector<ProcessKey> LivingIn(cgroup::CgroupId cgroup) const;
  bool IsAncestor(const ProcessKey& ancestor, const ProcessKey& of) const;

  size_t size() const;

 private:
  struct Entry;
  struct Program;
  using EntryPtr = std::shared_ptr<Entry>;
  // Every entry that anybody still holds, by its number.
  using Index = std::unordered_multimap<int32_t, Entry*>;

  EntryPtr Lookup(const ProcessKey& key) const;
  EntryPtr LookupOrMake(const ProcessKey& key);
  EntryPtr Insert(const ProcessKey& key);
  void Retire(EntryPtr entry);
  static void CutChain(Entry& youngest);
  static store::Process ToProcess(const Entry& entry);

  Index index_;  // first: entries take themselves out of it when they go
  std::unordered_map<int32_t, EntryPtr> living_;
  std::deque<EntryPtr> ended_;
  // Senders of signals as they were before they ran another program.
  struct Acted {
    BootNs until;
    store::Process process;
  };
  std::deque<Acted> acted_;
};

}  // namespace podtap::recorder
