#include "container/inventory.h"

#include <algorithm>
#include <chrono>
#include <tuple>
#include <unordered_map>
#include <unordered_set>

#include "container/cgroup_only.h"
#include "container/quiet_thread.h"

namespace podtap::container {
namespace {

struct Answer {
  std::vector<Container> containers;
  RuntimeReport report;
};

Answer Ask(Runtime& runtime, bool given, Deadline deadline) {
  const auto started = std::chrono::steady_clock::now();
  auto list = runtime.List(deadline);
  Answer answer;
  answer.report.took_us = std::chrono::duration_cast<std::chrono::microseconds>(
                              std::chrono::steady_clock::now() - started)
                              .count();
  answer.report.kind = runtime.kind();
  answer.report.version = runtime.version();
  answer.report.socket = runtime.socket();
  if (list) {
    answer.containers = std::move(*list);
    answer.report.containers = static_cast<size_t>(std::ranges::count_if(
        answer.containers, [](const Container& container) { return !container.is_sandbox; }));
  } else if (list.error().kind == ErrorKind::kUnsupported && !given) {
    answer.report.no_cri = true;
  } else {
    answer.report.problem = std::move(list.error());
  }
  return answer;
}

// Two runtimes may tell of the same container: cri-dockerd and the Docker behind it.
// Whoever knows its pod is taken.
void Merge(std::vector<Container>& containers, std::vector<Container> more) {
  std::unordered_map<std::string, size_t> known;
  for (size_t i = 0; i < containers.size(); ++i) known.emplace(containers[i].id.value, i);
  for (Container& container : more) {
    const auto found = known.find(container.id.value);
    if (found == known.end()) {
      containers.push_back(std::move(container));
    } else if (containers[found->second].pod.name.empty() && !container.pod.name.empty()) {
      containers[found->second].pod = container.pod;
      containers[found->second].name = container.name;
    }
  }
}

bool Runs(const Container& container) {
  return container.state == State::kRunning || container.state == State::kPaused;
}

void FillCgroup(const cgroup::Tree& tree, const CgroupIndex& index, Container& container) {
  const CgroupPlace* place = index.Find(container.id.value);
  const bool runs = Runs(container);
  if (place != nullptr) {
    container.cgroup_path = place->path;
    container.cgroup = place->id;
  } else if (runs && container.init_pid > 0) {
    // A name that we don't know. The cgroup of its first process, unless that is the top.
    const auto where = tree.OfProcess(container.init_pid);
    if (!where || where->removed) return;
    const bool in_ids = where->ids.size() > 1;
    container.cgroup_path = in_ids ? where->ids : where->memory;
    if (container.cgroup_path.size() <= 1) container.cgroup_path.clear();
    if (in_ids) container.cgroup = tree.Id(where->ids).value_or(cgroup::CgroupId{});
  }
  if (!runs || container.cgroup_path.empty()) return;
  if (container.init_pid == 0) container.init_pid = FindInitPid(tree, container.cgroup_path);
  // Docker and Podman tell it themselves.
  const bool told =
      container.runtime == RuntimeKind::kDocker || container.runtime == RuntimeKind::kPodman;
  if (!told || !container.pod.uid.empty()) {
    container.memory_limit = ReadMemoryLimit(tree, container.cgroup_path);
  }
}

// The containers that no runtime told of, as far as their cgroups tell.
void AddUnlisted(const cgroup::Tree& tree, const CgroupIndex& index,
                 std::vector<Container>& containers) {
  std::unordered_set<std::string_view> listed;
  for (const Container& container : containers) listed.insert(container.id.value);
  std::vector<Container> unlisted;
  for (const auto& [id, place] : index.places()) {
    if (listed.contains(id)) continue;
    Container container = ContainerOfPlace(tree, place);
    // An empty cgroup is what is left of one.
    if (container.state == State::kRunning) unlisted.push_back(std::move(container));
  }
  std::ranges::move(unlisted, std::back_inserter(containers));
}

// What the list is sorted by, before birth.
auto NameOf(const Container& container) {
  return std::tie(container.pod.ns, container.pod.name, container.name);
}

}  // namespace

const Container* Inventory::Find(const std::string& id) const {
  const auto found = std::ranges::find_if(
      containers, [&](const Container& container) { return container.id.value == id; });
  return found == containers.end() ? nullptr : &*found;
}

bool Inventory::IsSuperseded(const Container& container) const {
  if (container.pod.name.empty()) return false;
  const auto same = std::ranges::equal_range(containers, NameOf(container), {}, NameOf);
  return std::ranges::any_of(same, [&](const Container& other) {
    return other.is_sandbox == container.is_sandbox &&
           std::tie(other.created_unix_ns, other.restarts) >
               std::tie(container.created_unix_ns, container.restarts);
  });
}

Inventory TakeInventory(const Runtimes& runtimes, const cgroup::Tree& tree, Deadline deadline,
                        Unlisted unlisted) {
  Inventory inventory;
  inventory.looked_at = runtimes.looked_at;
  std::vector<Answer> answers(runtimes.found.size());
  CgroupIndex index;
  // The cgroups are looked at while the runtimes think.
  InParallel(answers.size() + 1, [&](size_t job) {
    if (job == 0) {
      index = CgroupIndex::Make(tree);
    } else {
      answers[job - 1] = Ask(*runtimes.found[job - 1], runtimes.given, deadline);
    }
  });
  for (const RuntimeProblem& problem : runtimes.problems) {
    inventory.runtimes.push_back({.socket = problem.socket, .problem = problem.error});
  }
  for (Answer& answer : answers) {
    Merge(inventory.containers, std::move(answer.containers));
    inventory.runtimes.push_back(std::move(answer.report));
  }
  const bool missing = std::ranges::any_of(
      inventory.runtimes, [](const RuntimeReport& report) { return report.problem.has_value(); });
  const bool homeless = std::ranges::any_of(inventory.containers, [&](const Container& container) {
    return Runs(container) && index.Find(container.id.value) == nullptr;
  });
  if (missing || homeless || runtimes.found.empty()) index.AddVersion1(tree);
  for (Container& container : inventory.containers) FillCgroup(tree, index, container);

  inventory.all_cgroups = index.complete();
  // Who names the runtimes wants to see theirs; only when one is missing, what the cgroups
  // know may be its.
  if (!runtimes.given || missing || unlisted == Unlisted::kAlways) {
    AddUnlisted(tree, index, inventory.containers);
  }
  std::ranges::sort(inventory.containers, [](const Container& a, const Container& b) {
    return std::tuple_cat(NameOf(a), std::tie(a.created_unix_ns, a.id)) <
           std::tuple_cat(NameOf(b), std::tie(b.created_unix_ns, b.id));
  });
  return inventory;
}

}  // namespace podtap::container
