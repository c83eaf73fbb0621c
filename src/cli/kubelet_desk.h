// KubeletDesk: looks into the kubelet's log on a thread of its own, so that reading the
// kernel's events never waits for it.
//
// What enters: containers of pods that a runtime has ended. What leaves: what the kubelet
// said about them, posted to the main thread's queue. Many are looked up by one reading.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "base/task_queue.h"
#include "container/container.h"
#include "container/deadline.h"
#include "testimony/gather.h"
#include "testimony/kubelet_words.h"

namespace podtap::cli {

class KubeletDesk {
 public:
  // `answers` is the main thread's queue; it must outlive the desk.
  KubeletDesk(testimony::Places places, TaskQueue& answers);

  using Answer = std::function<void(const std::vector<testimony::TimedWord>&)>;
  // Words about the container since `from_unix_ns`. Looks again until there is a reason
  // among them, or the time is over: an eviction is told when it is done.
  void Look(container::Container container, int64_t from_unix_ns, container::Deadline until,
            Answer answer);

 private:
  struct Question {
    container::Container container;
    int64_t from_unix_ns = 0;
    container::Deadline until;
    Answer answer;
  };
  // Whether a kubelet runs here, or the user has said where its log is.
  bool IsThere();
  void Round();
  std::vector<testimony::KubeletWord> ReadLog(int64_t from_unix_ns, container::Deadline deadline);
  std::vector<testimony::TimedWord> WordsFor(const Question& question,
                                             const std::vector<testimony::KubeletWord>& log,
                                             const std::string& pods) const;

  testimony::Places places_;
  TaskQueue& answers_;
  std::string source_;  // of what ReadLog has read
  bool port_is_closed_ = false;
  container::Deadline looked_for_it_{};
  bool is_there_ = false;

  std::mutex mutex_;
  std::vector<Question> questions_;  // guarded by mutex_
  // Last: its thread ends before what it uses.
  Worker clerk_;
};

}  // namespace podtap::cli
