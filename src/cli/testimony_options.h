// The options that say where others have written something down.
#pragma once

#include <cstdint>
#include <string>

#include "base/host_root.h"
#include "testimony/gather.h"

namespace CLI {
class App;
}

namespace podtap::cli {

struct TestimonyOptions {
  std::string journal;                               // --journal
  std::string kubelet_log;                           // --kubelet-log
  uint16_t kubelet_port = testimony::kReadOnlyPort;  // --kubelet-port
};

// Declares them on `app`, which must not outlive `options`.
void DeclareTestimonyOptions(CLI::App& app, TestimonyOptions& options);

testimony::Places PlacesOf(const TestimonyOptions& options, const HostRoot& root);

}  // namespace podtap::cli
