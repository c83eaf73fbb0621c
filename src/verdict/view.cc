#include "verdict/view.h"

#include <algorithm>
#include <limits>
#include <numeric>

namespace podtap::verdict {
namespace {

// Longer chains are loops or lies.
constexpr size_t kMaxAncestors = 64;
constexpr int64_t kTickNs = 10'000'000;

}  // namespace

int64_t Elapsed(store::BootNs from, store::BootNs to) {
  int64_t difference = 0;
  if (!__builtin_sub_overflow(to.value, from.value, &difference)) return difference;
  return to.value > from.value ? std::numeric_limits<int64_t>::max()
                               : std::numeric_limits<int64_t>::min();
}

store::BootNs Plus(store::BootNs at, int64_t ns) {
  int64_t sum = 0;
  if (!__builtin_add_overflow(at.value, ns, &sum)) return {sum};
  return {ns > 0 ? std::numeric_limits<int64_t>::max() : std::numeric_limits<int64_t>::min()};
}

bool Same(const store::ProcessKey& a, const store::ProcessKey& b) {
  if (a.pid != b.pid) return false;
  if (a.start.value == 0 || b.start.value == 0) return true;
  const int64_t apart = Elapsed(a.start, b.start);
  return apart > -kTickNs && apart < kTickNs;
}

View::View(const store::Death& death) : death_(death) {
  std::vector<size_t> order(death.rows.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::stable_sort(order, {}, [&](size_t row) { return death.rows[row].at.value; });
  for (const size_t row : order) AddFact(static_cast<store::RowId>(row), death.rows[row]);
  const auto& signals = All<store::SignalSent>();
  for (size_t i = 0; i < signals.size(); i++) {
    const store::SignalSent& sent = *signals[i].fact;
    signals_to_[sent.target.pid.value].push_back(i);
    comms_.try_emplace(sent.target, sent.target_comm);
    // A thread has a name of its own.
    if (sent.sender_tid == sent.sender.pid.value) comms_.try_emplace(sent.sender, sent.sender_comm);
  }
  for (const Signal& signal : signals) {
    comms_.try_emplace(signal->sender, signal->sender_comm);
  }
  const auto& exits = All<store::ProcessExited>();
  for (size_t i = 0; i < exits.size(); i++) {
    exits_of_[exits[i]->process.pid.value].push_back(i);
    comms_.try_emplace(exits[i]->process, exits[i]->comm);
  }
  for (const auto& oom : All<store::OomKill>()) comms_.try_emplace(oom->victim, oom->comm);
  for (size_t i = 0; i < death.processes.size(); i++) {
    processes_[death.processes[i].key.pid.value].push_back(i);
  }
}

void View::AddFact(store::RowId row, const store::Row& value) {
  std::visit(
      [&](const auto& fact) {
        using Fact = std::remove_cvref_t<decltype(fact)>;
        std::get<std::vector<Sighting<Fact>>>(sightings_).push_back({row, value.at, &fact});
      },
      value.fact);
}

std::vector<Signal> View::SignalsTo(const store::ProcessKey& target) const {
  std::vector<Signal> found;
  const auto indices = signals_to_.find(target.pid.value);
  if (!target.known() || indices == signals_to_.end()) return found;
  for (const size_t i : indices->second) {
    const Signal& signal = All<store::SignalSent>()[i];
    if (Same(signal->target, target)) found.push_back(signal);
  }
  return found;
}

const Exited* View::EndOf(const store::ProcessKey& process) const {
  const auto indices = exits_of_.find(process.pid.value);
  if (!process.known() || indices == exits_of_.end()) return nullptr;
  const Exited* found = nullptr;
  for (const size_t i : indices->second) {
    const Exited& exited = All<store::ProcessExited>()[i];
    if (!exited->thread_only && Same(exited->process, process)) found = &exited;
  }
  return found;
}

bool View::Executed(const store::ProcessKey& process) const {
  return std::ranges::any_of(All<store::ProcessExec>(),
                             [&](const auto& exec) { return Same(exec->process, process); });
}

const store::Process* View::Find(const store::ProcessKey& key) const {
  const auto indices = processes_.find(key.pid.value);
  if (!key.known() || indices == processes_.end()) return nullptr;
  const store::Process* loose = nullptr;
  for (const size_t i : indices->second) {
    const store::Process& process = death_.processes[i];
    if (process.key == key) return &process;
    if (Same(process.key, key)) loose = &process;
  }
  return loose;
}

std::string View::Comm(const store::ProcessKey& key) const {
  const store::Process* process = Find(key);
  if (process != nullptr && !process->comm.empty()) return process->comm;
  const auto comm = comms_.find(key);
  return comm == comms_.end() ? "" : comm->second;
}

std::string View::Name(const store::ProcessKey& key) const {
  const std::string comm = Comm(key);
  const std::string pid = std::to_string(key.pid.value);
  return comm.empty() ? "process " + pid : comm + "(" + pid + ")";
}

std::vector<store::ProcessKey> View::Ancestors(const store::ProcessKey& key) const {
  std::vector<store::ProcessKey> found;
  const store::Process* process = Find(key);
  while (process != nullptr && process->parent.known() && found.size() < kMaxAncestors) {
    const store::ProcessKey parent = process->parent;
    if (Same(parent, key) || std::ranges::find(found, parent) != found.end()) break;
    found.push_back(parent);
    process = Find(parent);
  }
  return found;
}

bool View::Descends(const store::ProcessKey& key, const store::ProcessKey& ancestor) const {
  return std::ranges::any_of(Ancestors(key),
                             [&](const auto& above) { return Same(above, ancestor); });
}

bool View::Complete(store::BootNs from, store::BootNs to) const {
  if (!death_.watched) return false;
  return std::ranges::none_of(death_.gaps, [&](const store::Gap& gap) {
    if (gap.from.value == 0 && gap.to.value == 0) return true;  // nobody knows when
    return gap.from <= to && from <= gap.to;
  });
}

}  // namespace podtap::verdict
