#include "verdict/clients.h"

#include <algorithm>

#include "container/runtime_command.h"
#include "verdict/culprit.h"
#include "verdict/hand.h"
#include "verdict/windows.h"
#include "verdict/wording.h"

namespace podtap::verdict {
namespace {

using container::Asks;

std::string ProgramOf(const View& view, const store::ProcessKey& key) {
  const store::Process* process = view.Find(key);
  return process != nullptr && !process->exe.empty() ? std::string(BaseName(process->exe))
                                                     : view.Comm(key);
}

Asks WhatItAsks(const View& view, const store::ProcessKey& key) {
  const store::Process* process = view.Find(key);
  if (process == nullptr) return Asks::kPerhaps;
  return container::WhatItAsks(ProgramOf(view, key), process->args, view.death().container);
}

// What it asks for is what the runtime did.
bool Fits(Asks asks, RuntimeAct act) {
  switch (asks) {
    case Asks::kNothing:
    case Asks::kPerhaps:
      return false;
    case Asks::kStop:
      return act == RuntimeAct::kStop || act == RuntimeAct::kStopTimeout;
    case Asks::kRemove:
      return act == RuntimeAct::kKill;
    case Asks::kSignal:
      return true;
  }
  return false;
}

// It came shortly before, or went shortly after.
bool IsTransient(const View& view, const store::ProcessKey& key, store::BootNs at) {
  if (container::IsRuntimeCommand(ProgramOf(view, key))) return true;
  const int64_t age = Elapsed(key.start, at);
  if (key.start.value != 0 && age >= 0 && age <= kAnswer) return true;
  const store::Process* process = view.Find(key);
  return process != nullptr && process->exited && Elapsed(at, *process->exited) >= 0 &&
         Elapsed(at, *process->exited) <= kAnswer;
}

std::string Names(const View& view, const std::vector<store::ProcessKey>& keys) {
  std::vector<std::string> names;
  for (const store::ProcessKey& key : keys) names.push_back(view.Name(key));
  return Joined(names);
}

void AddOnce(std::vector<store::ProcessKey>& keys, const store::ProcessKey& key) {
  if (key.known() && std::ranges::find(keys, key) == keys.end()) keys.push_back(key);
}

// Drops those that `kept` isn't true of, unless that leaves nobody.
template <typename Predicate>
void Prefer(std::vector<store::ProcessKey>& keys, Predicate kept) {
  if (std::ranges::any_of(keys, kept)) {
    std::erase_if(keys, [&](const store::ProcessKey& key) { return !kept(key); });
  }
}

}  // namespace

Clients ClientsAt(const View& view, store::BootNs at, RuntimeAct act) {
  Clients clients;
  std::vector<store::ProcessKey> keys;
  std::vector<store::ProcessKey> named;
  bool incomplete = false;
  for (const auto& seen : view.All<store::RuntimeClients>()) {
    const int64_t apart = Elapsed(at, seen.at);
    if (apart < -kWordNear || apart > kWordNear) continue;
    clients.evidence.push_back(seen.row);
    incomplete |= seen->incomplete;
    for (const store::ProcessKey& key : seen->clients) {
      AddOnce(keys, key);
    }
    for (const store::ProcessKey& key : seen->named) AddOnce(named, key);
  }
  // dockerd asks containerd for somebody; of its own containers it is the runtime.
  if (view.death().container.runtime == container::RuntimeKind::kDocker) {
    std::erase_if(keys, [&](const auto& key) {
      return IsRuntimeProgram(view, key) && !IsKubelet(view, key);
    });
  }
  Prefer(keys, [&](const auto& key) { return !IsRuntimeProgram(view, key); });
  std::erase_if(keys, [&](const auto& key) { return WhatItAsks(view, key) == Asks::kNothing; });
  std::vector<store::ProcessKey> asked;
  for (const auto& of : {keys, named}) {
    for (const store::ProcessKey& key : of) {
      // Who began after the deed asks for what is left of it.
      if (Elapsed(key.start, at) < 0) continue;
      if (Fits(WhatItAsks(view, key), act)) AddOnce(asked, key);
    }
  }
  // The kubelet is always there, and no other asks where nobody else is.
  const bool kubelet_alone = asked.empty() && keys.size() == 1 && IsKubelet(view, keys.front());
  if (!asked.empty()) {
    keys = asked;
  } else if (!kubelet_alone) {
    Prefer(keys, [&](const auto& key) { return IsTransient(view, key, at); });
  }
  for (const store::ProcessKey& key : keys) {
    const auto kind = IsKubelet(view, key) ? Culprit::Kind::kKubelet : Culprit::Kind::kProcess;
    clients.askers.push_back(MakeCulprit(view, kind, key, nullptr));
  }
  clients.known = asked.size() == 1 || (kubelet_alone && !incomplete);
  if (clients.known) return clients;
  if (!keys.empty()) {
    clients.gaps.push_back("Who asked the runtime is not known; connected to its socket then: " +
                           Names(view, keys) + ".");
  }
  if (incomplete) {
    clients.gaps.emplace_back("Not all of the runtime's clients could be looked at.");
  }
  return clients;
}

}  // namespace podtap::verdict
