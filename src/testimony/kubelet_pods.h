// The kubelet's read-only port: GET http://127.0.0.1:10255/pods.
//
// Open on few clusters (--read-only-port, KubeletConfiguration.readOnlyPort). It tells of a
// pod's deletion, and why a pod has failed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "container/container.h"
#include "container/deadline.h"
#include "testimony/kubelet_words.h"

namespace podtap::testimony {

inline constexpr uint16_t kReadOnlyPort = 10255;

// The answer's text. A closed port is an error with errno ECONNREFUSED.
Result<std::string> AskPods(uint16_t port, container::Deadline deadline);

// What it says about the container's pod, as words. A failed pod's word has the time of its
// condition, or 0: it isn't told.
std::vector<TimedWord> WordsInPods(std::string_view json, const container::Container& container);

}  // namespace podtap::testimony
