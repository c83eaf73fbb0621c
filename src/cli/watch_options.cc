#include "cli/watch_options.h"

#include <CLI/CLI.hpp>

namespace podtap::cli {

struct RawWatchOptions {
  std::vector<std::string> targets;
  RuntimeOptions runtime;
  TestimonyOptions testimony;
  std::string output = "text";
  std::string evidence;
  bool all = false;
  bool once = false;
  bool classic = false;
  bool all_facts = false;
  int verbose = 0;
  uint32_t ring_mib = 8;
};

namespace {

constexpr const char* kExamples = R"(Examples:
  podtap watch web-0                  every container of the pod
  podtap watch shop/web-0/nginx       one of them
  podtap watch --once docker://4f1c   until it dies, then its story
  podtap watch pid:7942               a process, with its descendants
  podtap watch unit:nginx.service     a unit
  podtap watch --all -o json          every container of the node, for programs
  podtap watch --classic web          the runbook's three lines for each signal

Exit status: 0 ended as asked. With --once by the cause: 10 killed by a process;
11 stopped by the runtime or the kubelet; 12 out of memory; 13 its own fault or
limit; 14 it exited by itself with another code than 0, or never started; 15
unknown; 0 it exited by itself with code 0. Else 1 no such target; 2 wrong usage;
3 not privileged; 4 not supported by this kernel; 5 a system call failed.)";

std::unexpected<Error> Usage(std::string reason, std::string remedy) {
  return std::unexpected(Error{.kind = ErrorKind::kUsage,
                               .tried = "understand the command line",
                               .reason = std::move(reason),
                               .remedy = std::move(remedy)});
}

}  // namespace

std::shared_ptr<RawWatchOptions> DeclareWatchOptions(CLI::App& app) {
  auto raw = std::make_shared<RawWatchOptions>();
  app.footer(std::string(kExamples) + "\n\n" + kEndpointHelp);
  app.add_option("TARGET", raw->targets,
                 "POD, NAMESPACE/POD, NAMESPACE/POD/CONTAINER, a container's name or id, "
                 "docker://ID, containerd://ID, cri-o://ID, podman://ID, pid:N, cgroup:PATH, "
                 "unit:NAME.service");
  app.add_flag("--all", raw->all, "Every container of the node");
  app.add_flag("--once", raw->once, "End with the first death; the exit status is its cause's");
  app.add_option("-o,--output", raw->output, "text, or json: one object a line")
      ->check(CLI::IsMember({"text", "json"}));
  app.add_flag("--classic", raw->classic, "The runbook's three lines for each signal");
  app.add_flag("--facts", raw->all_facts, "Print every fact, not only what ends something");
  app.add_option("--evidence", raw->evidence, "Write each death's evidence to a file in DIR")
      ->type_name("DIR");
  DeclareTestimonyOptions(app, raw->testimony);
  DeclareRuntimeOptions(app, raw->runtime);
  app.add_option("-s", raw->ring_mib, "Ring buffer in MiB (8)")->check(CLI::Range(1, 1024));
  app.add_flag("-v", raw->verbose, "Say what is done; twice for more");
  return raw;
}

Result<WatchOptions> FinishWatchOptions(const RawWatchOptions& raw) {
  WatchOptions options;
  for (const std::string& text : raw.targets) {
    auto target = container::ParseTarget(text);
    if (!target) return std::unexpected(std::move(target.error()));
    options.targets.push_back(std::move(*target));
  }
  if (raw.all) {
    if (!options.targets.empty()) return Usage("--all stands alone", "leave out the targets");
    options.targets.push_back({.kind = container::Target::Kind::kAll, .written = "--all"});
  }
  if (options.targets.empty()) {
    return Usage("it says nothing to watch", "name a target, or use --all; see --help");
  }
  options.once = raw.once;
  options.json = raw.output == "json";
  options.classic = raw.classic;
  if (options.json && options.classic) {
    return Usage("--classic is text, and -o json isn't", "leave out one of them");
  }
  options.all_facts = raw.all_facts;
  options.verbose = raw.verbose;
  options.ring_bytes = uint64_t{raw.ring_mib} << 20;
  options.runtime = raw.runtime;
  options.testimony = raw.testimony;
  options.evidence_folder = raw.evidence;
  return options;
}

}  // namespace podtap::cli
