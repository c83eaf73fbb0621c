#include "cli/ps.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/escape.h"
#include "cli/exit_status.h"
#include "cli/pipeline.h"
#include "cli/ps_output.h"
#include "cli/runtime_options.h"
#include "container/resolve.h"

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

// The containers that the targets name, in the inventory's order, each once; `status` is
// not kOk if one of the targets is none.
std::vector<container::Container> Select(const std::vector<container::Target>& targets,
                                         const container::Inventory& inventory,
                                         const cgroup::Tree& tree, int& status) {
  std::vector<container::Container> selected;
  std::set<std::string> seen;
  for (const container::Target& target : targets) {
    const auto resolved = container::Resolve(target, inventory, tree);
    if (!resolved) {
      status = Fail(resolved.error().ToError());
      continue;
    }
    for (const container::Container& one : resolved->containers) {
      const std::string key = one.id.value.empty() ? one.name : one.id.value;
      if (seen.insert(key).second) selected.push_back(one);
    }
    if (resolved->containers.empty() && resolved->pod) {
      std::fprintf(stderr, "podtap: pod %s has no container yet\n", Escape(target.written).c_str());
    }
  }
  return selected;
}

std::vector<container::Container> Everything(const container::Inventory& inventory, bool all) {
  std::vector<container::Container> selected;
  for (const container::Container& one : inventory.containers) {
    if (all || (!one.is_sandbox && !inventory.IsSuperseded(one))) selected.push_back(one);
  }
  return selected;
}

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

void SayNothingFound(const container::Inventory& inventory) {
  const bool asked = std::ranges::any_of(
      inventory.runtimes, [](const container::RuntimeReport& runtime) { return !runtime.no_cri; });
  if (asked) return;
  std::string places;
  for (const std::string& place : inventory.looked_at) {
    places += (places.empty() ? "" : ", ") + Escape(place);
  }
  std::fprintf(stderr,
               "podtap: no container runtime was found; looked at %s; "
               "--runtime-endpoint names another\n",
               places.c_str());
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
  std::vector<container::Target> targets;
  for (const std::string& text : options.targets) {
    auto target = container::ParseTarget(text);
    if (!target) return Fail(target.error());
    targets.push_back(std::move(*target));
  }
  const auto node = OpenNode(options.runtime);
  if (!node) return Fail(node.error());
  const container::Inventory inventory =
      container::TakeInventory(node->runtimes, *node->tree, container::After(node->timeout));

  const int unanswered = SayProblems(inventory);
  int status = kOk;
  const auto selected = targets.empty() ? Everything(inventory, options.all)
                                        : Select(targets, inventory, *node->tree, status);
  const PsContent content{inventory, selected, *node->tree, ClockNs(CLOCK_REALTIME)};
  std::string text;
  if (options.output == "json") {
    text = FormatPsJson(content);
  } else if (!selected.empty() || targets.empty()) {
    text = FormatPsTable(content, options.output == "wide");
  }
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) {
    return Fail(SystemError("write", "standard output", errno));
  }
  if (selected.empty() && targets.empty()) SayNothingFound(inventory);
  if (status != kOk) return status;
  return selected.empty() ? unanswered : kOk;
}

}  // namespace podtap::cli
