// A life that has ended → a store::Death: the recorder's last step.
#include <algorithm>
#include <map>
#include <set>

#include "recorder/recorder.h"

namespace podtap::recorder {
namespace {

// A death within this time of the watch's start may have had its cause before it.
constexpr int64_t kTooSoonNs = 1'000'000'000;
// As many as may die before the first of their cgroups is removed.
constexpr size_t kMostBuried = 16384;

// Everybody whom a fact names.
struct Named {
  std::set<ProcessKey>& keys;
  void Add(const ProcessKey& key) const {
    if (key.known()) keys.insert(key);
  }
  void operator()(const store::SignalSent& sent) const {
    Add(sent.sender);
    Add(sent.target);
  }
  void operator()(const store::ProcessExited& exited) const { Add(exited.process); }
  void operator()(const store::ProcessExec& exec) const { Add(exec.process); }
  void operator()(const store::OomKill& oom) const {
    Add(oom.victim);
    Add(oom.allocator);
  }
  void operator()(const store::CgroupChanged& changed) const { Add(changed.by); }
  void operator()(const store::RuntimeClients& clients) const {
    for (const ProcessKey& client : clients.clients) Add(client);
    for (const ProcessKey& client : clients.named) Add(client);
  }
  void operator()(const store::RuntimeSaid& /*said*/) const {}
  void operator()(const store::KubeletSaid& /*said*/) const {}
  void operator()(const store::LogLine& /*line*/) const {}
  void operator()(const store::MemoryCounters& /*memory*/) const {}
};

}  // namespace

bool Recorder::Decided(const Life& life, BootNs now) const {
  if (now.value < life.dying->at.value + options_.settle_ns) return false;
  const bool has_runtime = !life.container.id.value.empty();
  const bool complete = (life.runtime_exit || life.runtime_done) && life.looks_expected == 0;
  return !has_runtime || complete || now >= life.dying->decide_by;
}

std::optional<BootNs> Recorder::Tick(BootNs now) {
  std::optional<BootNs> next;
  for (size_t i = 0; i < lives_.size();) {
    const Life& life = *lives_[i];
    if (!life.dying) {
      i++;
    } else if (Decided(life, now)) {
      Bury(i, now);
    } else {
      const BootNs settled{life.dying->at.value + options_.settle_ns};
      const BootNs due = now < settled ? settled : life.dying->decide_by;
      if (!next || due < *next) next = due;
      i++;
    }
  }
  return next;
}

void Recorder::Flush(BootNs now) {
  for (size_t i = 0; i < lives_.size();) {
    if (lives_[i]->dying) {
      Bury(i, now);
    } else {
      i++;
    }
  }
}

void Recorder::Bury(size_t index, BootNs now) {
  const LifePtr life = lives_[index];
  lives_.erase(lives_.begin() + static_cast<ptrdiff_t>(index));
  std::erase(followed_, life);
  std::erase_if(life_of_cgroup_, [&](const auto& entry) {
    if (entry.second != life) return false;
    if (buried_.insert(entry.first).second) buried_order_.push_back(entry.first);
    return true;
  });
  for (; buried_order_.size() > kMostBuried; buried_order_.pop_front()) {
    buried_.erase(buried_order_.front());
  }
  observer_.OnDeath(*life, MakeDeath(*life, now));
}

store::Death Recorder::MakeDeath(const Life& life, BootNs now) {
  store::Death death;
  death.container = life.container;
  // Gone before its runtime could be asked about it; an event of it told the name.
  if (const auto named = known_.find(life.container.id);
      named != known_.end() && death.container.name.empty()) {
    death.container.name = named->second.name;
    death.container.pod = named->second.pod;
  }
  death.init = lineage_.Exact(life.init);
  death.real_minus_boot_ns = real_minus_boot_ns_;
  death.at = life.dying->at;
  death.exit_status = life.dying->status;
  death.runtime_exit = life.runtime_exit;
  death.watched = life.from_start || death.at.value - life.since.value > kTooSoonNs;
  death.rows = life.Rows(now);
  AddRuntimeEnds(death);
  for (store::Row& row : death.rows) {
    if (auto* clients = std::get_if<store::RuntimeClients>(&row.fact)) {
      for (ProcessKey& client : clients->clients) client = lineage_.Exact(client);
      for (ProcessKey& client : clients->named) client = lineage_.Exact(client);
    }
  }
  const int64_t window_from = death.at.value - Life::kWindowNs;
  for (const store::Gap& gap : gaps_) {
    if (gap.to.value >= window_from && gap.from <= now) death.gaps.push_back(gap);
  }
  if (life.dropped() > 0) {
    death.gaps.push_back({.kind = store::Gap::Kind::kLost,
                          .from = {window_from},
                          .to = death.at,
                          .count = life.dropped()});
  }
  // A container that was removed at once: its runtime's event told its code.
  for (const store::Row& row : death.rows) {
    const auto* said = std::get_if<store::RuntimeSaid>(&row.fact);
    if (said != nullptr && said->action == "die" && !death.runtime_exit) {
      death.runtime_exit = container::RuntimeExit{.exit_code = said->exit_code};
    }
  }
  AddProcesses(death, now);
  return death;
}

// Of the runtime itself, shortly before: they concern each of its containers.
void Recorder::AddRuntimeEnds(store::Death& death) const {
  for (const store::Row& row : runtime_ends_) {
    const int64_t before = death.at.value - row.at.value;
    if (before < 0 || before > Life::kWindowNs) continue;
    const auto& sent = std::get<store::SignalSent>(row.fact);
    const bool there = std::ranges::any_of(death.rows, [&](const store::Row& one) {
      const auto* other = std::get_if<store::SignalSent>(&one.fact);
      return other != nullptr && one.at == row.at && other->target == sent.target;
    });
    if (!there) death.rows.push_back(row);
  }
  std::ranges::stable_sort(death.rows, {}, &store::Row::at);
}

void Recorder::AddProcesses(store::Death& death, BootNs now) {
  std::set<ProcessKey> keys;
  if (death.init.known()) keys.insert(death.init);
  for (const store::Row& row : death.rows) std::visit(Named{keys}, row.fact);
  std::set<ProcessKey> all = keys;
  for (const ProcessKey& key : keys) {
    for (const ProcessKey& ancestor : lineage_.Ancestors(key)) all.insert(ancestor);
  }
  std::set<container::ContainerId> others;
  // Who sent several: as he was at the last of those that can have ended it.
  std::map<ProcessKey, BootNs> sent_at;
  for (const store::Row& row : death.rows) {
    const auto* sent = std::get_if<store::SignalSent>(&row.fact);
    if (sent == nullptr || (row.at > death.at && sent_at.contains(sent->sender))) continue;
    sent_at[sent->sender] = row.at;
  }
  for (const ProcessKey& key : all) {
    const auto acted = sent_at.find(key);
    store::Process process = Describe(key, now, acted == sent_at.end() ? now : acted->second);
    if (!process.container.value.empty() && process.container != death.container.id) {
      others.insert(process.container);
    }
    death.processes.push_back(std::move(process));
  }
  for (const container::ContainerId& id : others) {
    const auto known = known_.find(id);
    if (known != known_.end()) death.containers.push_back(known->second);
  }
}

store::Process Recorder::Describe(const ProcessKey& key, BootNs now, BootNs at) {
  store::Process process = lineage_.FindSender(key, at).value_or(store::Process{.key = key});
  const std::string& path = cgroups_.Path(process.cgroup, now);
  if (!path.empty()) process.cgroup_path = path;
  const Membership membership = node_.MembershipOf(process.cgroup_path);
  process.container = membership.container;
  process.unit = membership.unit;
  return process;
}

}  // namespace podtap::recorder
