#include "cli/testimony_options.h"

#include <CLI/CLI.hpp>

namespace podtap::cli {

void DeclareTestimonyOptions(CLI::App& app, TestimonyOptions& options) {
  app.add_option("--kubelet-log", options.kubelet_log,
                 "The kubelet's log, where it is neither in the journal nor at a usual place")
      ->type_name("FILE")
      ->check(CLI::ExistingFile);
  app.add_option("--kubelet-port", options.kubelet_port,
                 "The kubelet's read-only port (10255); 0: don't ask it")
      ->type_name("PORT")
      ->check(CLI::Range(0, 65535));
  app.add_option("--journal", options.journal, "The folder of systemd's journal")
      ->type_name("DIR")
      ->check(CLI::ExistingDirectory);
}

testimony::Places PlacesOf(const TestimonyOptions& options, const HostRoot& root) {
  return {.root = root,
          .journal = options.journal,
          .kubelet_log = options.kubelet_log,
          .kubelet_port = options.kubelet_port};
}

}  // namespace podtap::cli
