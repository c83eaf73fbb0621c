#include "cli/ps.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/escape.h"
#include "cli/exit_status.h"
#include "cli/pipeline.h"
#include "cli/ps_output.h"
#include "cli/runtime_options.h"
#include "cli/selection.h"
#include "cli/standard_output.h"
#include "container/inventory.h"

namespace podtap::cli {

struct PsOptions {
  RuntimeOptions runtime;
  std::vector<std::string> targets;
  std::string output = "table";
  bool all = false;
};

namespace {

constexpr const char* kExamples = R"(Examples:
  podtap ps                            every container of the node
  podtap ps default/web-0              those of a pod
  podtap ps -o wide docker://4f1c3b5e  with image, cgroup and memory
  podtap ps pid:7942                   the container that holds a process
  podtap ps -o json | jq '.containers[] | select(.last_exit.oom_killed)'
  podtap ps --runtime-endpoint unix:///run/k3s/containerd/containerd.sock

Targets: POD, NAMESPACE/POD, NAMESPACE/POD/CONTAINER, a container's name or id,
docker://ID (podman, containerd, cri-o), pid:N, cgroup:PATH, unit:NAME.service.

)";
constexpr const char* kStatuses = R"(

Exit status: 0 listed; 1 a target wasn't found or could be several; 2 wrong usage;
3 no right to ask any runtime; 5 no runtime answered.)";

// Says what couldn't be asked; the status if that was everything.
int SayProblems(const container::Inventory& inventory) {
  int status = kOk;
  bool answered = false;
  for (const container::RuntimeReport& runtime : inventory.runtimes) {
    if (!runtime.problem) {
      answered = true;
      continue;
    }
    PrintError(*runtime.problem, 0);
    const bool denied = runtime.problem->kind == ErrorKind::kPrivilege;
    if (status != kNoPrivilege) status = denied ? kNoPrivilege : kSystemFailed;
  }
  if (!inventory.all_cgroups) {
    std::fprintf(stderr, "podtap: there are more cgroups than podtap looks at\n");
  }
  return answered ? kOk : status;
}

}  // namespace

std::shared_ptr<PsOptions> DeclarePs(CLI::App& app) {
  auto options = std::make_shared<PsOptions>();
  app.footer(std::string(kExamples) + kEndpointHelp + kStatuses);
  app.add_option("TARGET", options->targets, "Only these")->type_name("");
  app.add_option("-o,--output", options->output, "table, wide or json")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"table", "wide", "json"}));
  app.add_flag("-a,--all", options->all, "Also pods' sandboxes and earlier attempts of containers");
  DeclareRuntimeOptions(app, options->runtime);
  return options;
}

int Ps(const PsOptions& options) {
  const auto targets = ParseTargets(options.targets);
  if (!targets) return Fail(targets.error());
  const auto node = OpenNode(options.runtime);
  if (!node) return Fail(node.error());
  const container::Inventory inventory =
      container::TakeInventory(node->runtimes, *node->tree, container::After(node->timeout));

  const int unanswered = SayProblems(inventory);
  int status = kOk;
  std::vector<container::Container> selected;
  if (targets->empty()) {
    selected = Everything(inventory, options.all);
  } else {
    Selection selection = Select(*targets, inventory, *node->tree);
    for (const Error& error : selection.errors) status = Fail(error);
    for (const std::string& pod : selection.empty_pods) {
      std::fprintf(stderr, "podtap: pod %s has no container yet\n", Escape(pod).c_str());
    }
    selected = std::move(selection.containers);
  }
  const PsContent content{inventory, selected, *node->tree, ClockNs(CLOCK_REALTIME)};
  std::string text;
  if (options.output == "json") {
    text = FormatPsJson(content);
  } else if (!selected.empty() || targets->empty()) {
    text = FormatPsTable(content, options.output == "wide");
  }
  if (auto written = WriteOut(text); !written) return Fail(written.error());
  if (selected.empty() && targets->empty()) {
    if (const std::string none = NoRuntime(inventory); !none.empty()) {
      std::fprintf(stderr, "podtap: %s\n", none.c_str());
    }
  }
  if (status != kOk) return status;
  return selected.empty() ? unanswered : kOk;
}

}  // namespace podtap::cli
