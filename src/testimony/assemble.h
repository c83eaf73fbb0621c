// What everybody answered → a store::Death.
//
// Pure: no clock, disk or socket. gather.cc asks; the tests have answers of their own.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "container/runtime.h"
#include "store/evidence.h"
#include "testimony/gather.h"
#include "testimony/journal.h"
#include "testimony/kernel_log.h"
#include "testimony/kubelet_log.h"
#include "testimony/last_end.h"

namespace podtap::testimony {

// How long before an end, and after it, words about it may have been said: a grace period
// is seldom longer.
inline constexpr int64_t kBeforeNs = 180'000'000'000;
inline constexpr int64_t kAfterNs = 60'000'000'000;

// nullopt of an optional: nobody was there to be asked.
struct Answers {
  std::optional<Result<container::EventHistory>> events;
  std::optional<Result<KernelLog>> kernel_log;
  // debug.exception-trace: whether the kernel writes faults down at all.
  bool faults_are_logged = true;
  std::optional<Result<Journal>> journal;
  std::string kubelet_source;  // "/var/log/kubelet.log"
  std::optional<Result<KubeletLog>> kubelet_file;
  std::vector<TimedWord> kubelet_pods;
  std::vector<store::MemoryCounters> memory;  // as they stand now
};

store::Death Assemble(const LastEnd& end, const Answers& answers, const Moment& now);

// The number of a container's first process, in a line of containerd's log about its end:
// `TaskExit event &TaskExit{ContainerID:4f…,ID:4f…,Pid:7942,…`, since 1.7
// `received exit event container_id:\"4f…\" id:\"4f…\" pid:7942 …`. 0: none.
int32_t PidInTaskExit(std::string_view line, std::string_view container_id);

}  // namespace podtap::testimony
