#include "verdict/clients.h"

#include <algorithm>
#include <array>

#include "verdict/culprit.h"
#include "verdict/hand.h"
#include "verdict/windows.h"
#include "verdict/wording.h"

namespace podtap::verdict {
namespace {

// Programs that connect for one request and go.
constexpr std::array<std::string_view, 9> kCommandLines = {
    "docker", "docker-compose", "ctr", "crictl", "nerdctl", "podman", "curl", "socat", "nc"};

bool IsCommandLine(const View& view, const store::ProcessKey& key) {
  const store::Process* process = view.Find(key);
  const std::string name = process != nullptr && !process->exe.empty()
                               ? std::string(BaseName(process->exe))
                               : view.Comm(key);
  return std::ranges::find(kCommandLines, name) != kCommandLines.end();
}

// It came shortly before, or went shortly after.
bool IsTransient(const View& view, const store::ProcessKey& key, store::BootNs at) {
  if (IsCommandLine(view, key)) return true;
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

Clients ClientsAt(const View& view, store::BootNs at) {
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
  // Whoever asked and was gone before the socket could be looked at.
  const bool came =
      std::ranges::any_of(keys, [&](const auto& key) { return IsTransient(view, key, at); });
  if (!came && !named.empty()) {
    clients.gaps.push_back(Names(view, named) +
                           " ran then and named the container, but was gone before the "
                           "runtime's socket could be looked at.");
    keys = named;
  }
  // dockerd asks containerd for somebody.
  Prefer(keys, [&](const auto& key) { return !IsRuntimeProgram(view, key); });
  const size_t before = keys.size();
  Prefer(keys, [&](const auto& key) { return IsTransient(view, key, at); });
  for (const store::ProcessKey& key : keys) {
    const auto kind = IsKubelet(view, key) ? Culprit::Kind::kKubelet : Culprit::Kind::kProcess;
    clients.askers.push_back(MakeCulprit(view, kind, key, nullptr));
  }
  clients.only_one = before == 1 && !incomplete;
  if (keys.size() > 1) {
    clients.gaps.push_back(
        "Several processes were connected to the runtime's socket and could "
        "have asked: " +
        Names(view, keys) + ".");
  }
  if (incomplete) {
    clients.gaps.emplace_back("Not all of the runtime's clients could be looked at.");
  }
  return clients;
}

}  // namespace podtap::verdict
