#include "cli/reconcile.h"

#include <algorithm>
#include <cstdlib>

#include "container/inventory.h"
#include "store/database.h"
#include "testimony/gather.h"

namespace podtap::cli {
namespace {

// Runtimes tell a start by seconds, or by nanoseconds.
constexpr int64_t kSameStartNs = 2'000'000'000;

bool SameStart(const store::LifeRow& life, const container::Container& container) {
  return std::abs(life.started_unix_ns - container.started_unix_ns) < kSameStartNs;
}

bool Runs(const container::Container& container) {
  return container.state == container::State::kRunning ||
         container.state == container::State::kPaused;
}

container::Container ContainerOf(const store::LifeRow& life) {
  container::Container container;
  for (int kind = 0; kind <= static_cast<int>(container::RuntimeKind::kCrio); kind++) {
    const auto runtime = static_cast<container::RuntimeKind>(kind);
    if (life.runtime == container::RuntimeName(runtime)) container.runtime = runtime;
  }
  container.id.value = life.container_id;
  container.name = life.name;
  container.image = life.image;
  container.pod.name = life.pod;
  container.pod.ns = life.ns;
  container.cgroup_path = life.cgroup_path;
  container.started_unix_ns = life.started_unix_ns;
  container.restarts = static_cast<int32_t>(life.restarts);
  container.memory_limit = static_cast<int64_t>(life.memory_limit.value_or(0));
  return container;
}

class Reconciliation {
 public:
  Reconciliation(NodeAccess node, const TestimonyOptions& testimony, const BlindTime& blind)
      : node_(std::move(node)), places_(PlacesOf(testimony, node_.root)), blind_(blind) {
    inventory_ =
        container::TakeInventory(node_.runtimes, *node_.tree, container::After(node_.timeout));
  }

  // nullopt: it goes on, or nobody can tell.
  std::optional<store::Death> DeathOf(const store::LifeRow& life) {
    const auto found =
        std::ranges::find_if(inventory_.containers, [&](const container::Container& container) {
          return container.id.value == life.container_id;
        });
    if (found == inventory_.containers.end()) {
      // A runtime that doesn't answer is no proof of anything.
      if (!Answers(life.runtime)) return std::nullopt;
      return WithGap(Removed(life));
    }
    if (Runs(*found) && SameStart(life, *found)) return std::nullopt;
    const auto end = testimony::FindLastEnd(*found, inventory_);
    if (!end) return std::nullopt;
    return WithGap(Gather(*end));
  }

  // Of containers that nobody had heard of.
  std::vector<store::Death> DeathsOfOthers(const std::vector<store::LifeRow>& lives,
                                           store::Archive& archive) {
    std::vector<store::Death> deaths;
    for (const container::Container& container : inventory_.containers) {
      if (container.is_sandbox || container.id.value.empty() || Runs(container)) continue;
      if (std::ranges::find(lives, container.id.value, &store::LifeRow::container_id) !=
          lives.end()) {
        continue;
      }
      const auto end = testimony::FindLastEnd(container, inventory_);
      if (!end || end->unix_ns < blind_.from_unix_ns || end->unix_ns > blind_.to_unix_ns) continue;
      if (IsKept(archive, *end)) continue;
      deaths.push_back(WithGap(Gather(*end)));
    }
    return deaths;
  }

 private:
  // One that can't be looked up counts as kept: better untold than told twice.
  static bool IsKept(store::Archive& archive, const testimony::LastEnd& end) {
    store::Query query;
    query.container_id = end.container.id.value;
    const auto rows = archive.Deaths(query);
    return !rows || std::ranges::any_of(*rows, [&](const store::DeathRow& row) {
      return std::abs(row.unix_ns - end.unix_ns) < testimony::kSameDeathNs;
    });
  }

  store::Death Gather(const testimony::LastEnd& end) {
    return testimony::Gather(end, inventory_, node_.runtimes, *node_.tree, places_,
                             container::After(node_.timeout));
  }

  bool Answers(const std::string& runtime) const {
    return std::ranges::any_of(inventory_.runtimes, [&](const container::RuntimeReport& report) {
      return !report.problem && container::RuntimeName(report.kind) == runtime;
    });
  }

  store::Death Removed(const store::LifeRow& life) {
    for (const auto& runtime : node_.runtimes.found) {
      if (container::RuntimeName(runtime->kind()) != life.runtime) continue;
      const auto history = runtime->History(container::After(node_.timeout));
      if (!history) continue;
      auto end = testimony::FindRemoved(life.container_id, *history, runtime->kind());
      if (end) return Gather(*end);
    }
    // All that is known is that it is gone.
    testimony::LastEnd end;
    end.container = ContainerOf(life);
    end.container.state = container::State::kExited;
    end.unix_ns = blind_.to_unix_ns;
    end.forgotten = true;
    return Gather(end);
  }

  store::Death WithGap(store::Death death) const {
    // "Nobody watched" becomes "nobody watched from … to …".
    std::erase_if(death.gaps, [](const store::Gap& gap) {
      return gap.kind == store::Gap::Kind::kNotRecording;
    });
    death.gaps.push_back({.kind = store::Gap::Kind::kNotRecording,
                          .from = {blind_.from_unix_ns - death.real_minus_boot_ns},
                          .to = {blind_.to_unix_ns - death.real_minus_boot_ns}});
    return death;
  }

  NodeAccess node_;
  testimony::Places places_;
  BlindTime blind_;
  container::Inventory inventory_;
};

}  // namespace

void Reconcile(const std::vector<store::LifeRow>& lives, const BlindTime& blind,
               const std::string& folder, const RuntimeOptions& runtime,
               const TestimonyOptions& testimony, const std::function<void(store::Death)>& take) {
  if (lives.empty() && blind.to_unix_ns <= blind.from_unix_ns) return;
  auto node = OpenNode(runtime);
  if (!node) return;
  Reconciliation reconciliation(std::move(*node), testimony, blind);
  for (const store::LifeRow& life : lives) {
    if (auto death = reconciliation.DeathOf(life)) take(std::move(*death));
  }
  auto archive = store::Archive::Open(folder);
  if (!archive) return;
  for (store::Death& death : reconciliation.DeathsOfOthers(lives, *archive)) {
    take(std::move(death));
  }
}

}  // namespace podtap::cli
