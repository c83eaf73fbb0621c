#include "cli/run.h"

#include <cstdio>

#include "bpf/compile.h"
#include "cli/dump.h"
#include "cli/exit_status.h"
#include "cli/list.h"
#include "cli/pipeline.h"
#include "cli/run_session.h"
#include "cli/version.h"
#include "kernel/kernel.h"

namespace podtap::cli {

int PrintVersion() {
  std::puts("podtap " PODTAP_VERSION
            "\nRuns SystemTap scripts as eBPF (the language of SystemTap 5.2).");
  return kOk;
}

int Run(const RunOptions& options, int64_t process_started_ns) {
  if (options.show_version) return PrintVersion();
  for (const std::string& note : options.notes) {
    std::fprintf(stderr, "podtap: note: %s\n", note.c_str());
  }
  if (!options.dump.empty() && !IsDumpStage(options.dump)) {
    std::fprintf(stderr,
                 "podtap: can't dump '%s': the stages are tokens, tree, checked, ir, bpf, "
                 "attach and events\n",
                 options.dump.c_str());
    return kUsageError;
  }
  const std::unique_ptr<kernel::Kernel> kernel = kernel::MakeKernel();
  if (options.list) return ListPoints(options, *kernel);
  Pipeline pipeline(options, *kernel);
  const std::unique_ptr<Compilation> compilation = pipeline.Compile();
  if (!compilation) return pipeline.status();
  if (options.dump == "bpf" || (options.last_pass == 3 && options.dump.empty())) {
    return DumpBpf(*compilation, *kernel, options);
  }
  if (options.dump == "attach") return DumpAttach(*compilation);
  return RunSession(*compilation, *kernel, options, process_started_ns);
}

}  // namespace podtap::cli
