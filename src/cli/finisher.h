// A death's last touch: what takes time to look up, then the verdict.
//
// What enters: a store::Death from the recorder. What leaves: the same with names of
// users, digests of executables and symbols, and its verdict. On a thread of its own.
#pragma once

#include <functional>

#include "base/host_root.h"
#include "base/task_queue.h"
#include "recorder/digest.h"
#include "recorder/users.h"
#include "verdict/verdict.h"

namespace podtap::cli {

class Finisher {
 public:
  // `life` is the number that came with the death.
  using Done = std::function<void(uint64_t life, store::Death, verdict::Verdict)>;
  // `answers` is the main thread's queue, where `done` is called.
  Finisher(const HostRoot& root, TaskQueue& answers, Done done);

  void Post(uint64_t life, store::Death death);
  size_t pending() const { return pending_; }  // posted, and not done

 private:
  void Complete(store::Death& death);
  void AddSymbols(store::Death& death) const;
  void AddDigests(store::Death& death);

  HostRoot root_;
  TaskQueue& answers_;
  Done done_;
  size_t pending_ = 0;
  recorder::Users users_;
  recorder::Digests digests_;
  Worker worker_;
};

}  // namespace podtap::cli
