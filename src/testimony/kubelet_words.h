// What a kubelet's log says about the ends of pods and containers.
//
// What enters: records of its log (klog.h). What leaves: who it ended and why, as far as
// the record tells. The words are those of kubelets 1.20 to 1.36; from 1.21 on most are
// structured. tests/kubelet/observed has them as a real kubelet said them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "container/container.h"
#include "store/evidence.h"
#include "testimony/klog.h"

namespace podtap::testimony {

struct KubeletWord {
  int64_t unix_ns = 0;
  // As KubeletSaid's; and "killing" (it ends this container, without a reason), "probe" (a
  // probe failed, once), "ranked" (first in the order of eviction).
  std::string reason;
  bool after = false;  // said when it was done
  std::string message;
  // Whom it is about; empty where the record doesn't tell.
  std::vector<container::Pod> pods;  // any of them
  std::string container_name;
  std::string container_id;
  friend bool operator==(const KubeletWord&, const KubeletWord&) = default;
};

// nullopt: it says nothing of an end. The time is left to the caller.
std::optional<KubeletWord> ReadWord(const KlogRecord& record);

// Whether all that the word says of whom it is about fits. A word that names nobody fits
// none. A pod of the same name but another UID is another one.
bool IsAbout(const KubeletWord& word, const container::Container& container);

// "web-0_default(2f1e…)", "default/web-0" → the pod; nullopt: neither.
std::optional<container::Pod> ParsePodName(std::string_view text);

// Those words that are about the container, in order of time, as rows. A container that
// was killed right after its pod was ranked first was evicted.
struct TimedWord {
  int64_t unix_ns = 0;
  store::KubeletSaid said;
};
std::vector<TimedWord> WordsAbout(const std::vector<KubeletWord>& words,
                                  const container::Container& container, const std::string& source);

}  // namespace podtap::testimony
