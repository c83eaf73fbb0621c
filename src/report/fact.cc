#include "report/fact.h"

#include <algorithm>
#include <array>

#include "base/escape.h"
#include "report/clock.h"
#include "verdict/blow.h"
#include "verdict/end.h"
#include "verdict/verdict.h"
#include "verdict/wording.h"

namespace podtap::report {
namespace {

using store::ProcessKey;

std::string Name(const FindProcess& find, const ProcessKey& key, const std::string& comm) {
  const store::Process* process = find ? find(key) : nullptr;
  const std::string& name = process != nullptr && !process->comm.empty() ? process->comm : comm;
  const std::string pid = std::to_string(key.pid.value);
  return name.empty() ? "process " + pid : name + "(" + pid + ")";
}

// What became of the signal, where it isn't a plain delivery.
std::string Fate(const store::SignalSent& sent) {
  using Result = store::SignalSent::Result;
  using Action = store::SignalSent::Action;
  switch (sent.result) {
    case Result::kIgnored:
      return sent.unkillable && sent.action == Action::kDefault ? ", dropped" : ", ignored";
    case Result::kAlreadyPending:
      return ", already pending";
    case Result::kOverflow:
      return ", lost: its queue was full";
    case Result::kDelivered:
    case Result::kLoseInfo:
      break;
  }
  if (sent.action == Action::kHandle) return ", handled";
  return sent.blocked ? ", blocked" : "";
}

std::string Text(const store::SignalSent& sent, const FindProcess& find) {
  const std::string signal = verdict::SignalName(sent.signal);
  const std::string target = Name(find, sent.target, sent.target_comm);
  if (verdict::IsFault(sent)) {
    std::string text = target + " raised " + signal;
    if (sent.address != 0 || sent.fault_call == 0) text += " at " + verdict::Hex(sent.address);
    return text + Fate(sent);
  }
  const std::string sender = verdict::FromKernel(sent) ? std::string("the kernel")
                                                       : Name(find, sent.sender, sent.sender_comm);
  return sender + " sent " + signal + " to " + target + Fate(sent);
}

std::string Text(const store::ProcessExited& exited, const FindProcess& find) {
  std::string name = Name(find, exited.process, exited.comm);
  if (exited.thread_only) name = "a thread of " + name;
  if (const int32_t signal = verdict::SignalOf(exited.status); signal != 0) {
    return name + " was ended by " + verdict::SignalName(signal) +
           (verdict::DumpedCore(exited.status) ? ", core dumped" : "");
  }
  return name + " exited with code " + std::to_string(verdict::CodeOf(exited.status));
}

std::string Text(const store::ProcessExec& exec, const FindProcess& find) {
  return Name(find, exec.process, "") + " ran " + exec.file;
}

std::string Text(const store::OomKill& oom, const FindProcess& find) {
  std::string text = "the OOM killer chose " + Name(find, oom.victim, oom.comm);
  const uint64_t kb = oom.anon_kb + oom.file_kb + oom.shmem_kb;
  if (kb != 0 && kb <= UINT64_MAX / 1024) text += ", which held " + verdict::Bytes(kb * 1024);
  return text;
}

std::string Text(const store::CgroupChanged& changed, const FindProcess& find) {
  constexpr std::array<std::string_view, 4> kWhat = {" was made", " is empty", " was removed",
                                                     " was killed by a write to cgroup.kill"};
  std::string text =
      "cgroup " + changed.path + std::string(kWhat.at(static_cast<size_t>(changed.what)));
  if (changed.by.known()) text += " by " + Name(find, changed.by, "");
  return text;
}

std::string Text(const store::RuntimeSaid& said, const FindProcess& /*find*/) {
  std::string text = verdict::RuntimeLabel(said.runtime) + " said: " + said.action;
  if (said.signal != 0) text += ", " + verdict::SignalName(said.signal);
  if (said.action == "die") text += ", exit code " + std::to_string(said.exit_code);
  if (!said.message.empty()) text += ", " + said.message;
  return text;
}

std::string Text(const store::RuntimeClients& seen, const FindProcess& find) {
  std::vector<std::string> names;
  for (const ProcessKey& key : seen.clients) names.push_back(Name(find, key, ""));
  return "connected to " + seen.socket + ": " + (names.empty() ? "nobody" : verdict::Joined(names));
}

std::string Text(const store::KubeletSaid& said, const FindProcess& /*find*/) {
  return "the kubelet said: " + (said.message.empty() ? said.reason : said.message);
}

// A container's id says no more by 64 digits than by its first 12.
std::string ShortIds(std::string_view text) {
  constexpr size_t kWhole = 64;
  constexpr size_t kShort = 12;
  const auto hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  std::string out;
  while (!text.empty()) {
    const auto end = std::ranges::find_if_not(text, hex);
    const auto length = static_cast<size_t>(end - text.begin());
    out += text.substr(0, length == kWhole ? kShort : length);
    if (length < text.size()) out += text[length];
    text.remove_prefix(std::min(length + 1, text.size()));
  }
  return out;
}

std::string Text(const store::LogLine& line, const FindProcess& /*find*/) {
  return line.source + ": " + ShortIds(line.text);
}

std::string Text(const store::MemoryCounters& counters, const FindProcess& /*find*/) {
  std::string text = "memory of " + counters.cgroup_path + ": " + verdict::Bytes(counters.usage);
  if (counters.limit != UINT64_MAX) text += " of " + verdict::Bytes(counters.limit);
  if (counters.oom_kills) text += ", " + std::to_string(*counters.oom_kills) + " killed by OOM";
  return text + (counters.before ? ", when the watch began" : "");
}

// Who acted, where the fact has somebody.
ProcessKey ActorOf(const store::Row& row) {
  if (const auto* sent = std::get_if<store::SignalSent>(&row.fact)) {
    return verdict::FromKernel(*sent) ? ProcessKey{} : sent->sender;
  }
  if (const auto* changed = std::get_if<store::CgroupChanged>(&row.fact)) return changed->by;
  if (const auto* exec = std::get_if<store::ProcessExec>(&row.fact)) return exec->process;
  return {};
}

}  // namespace

std::string FactText(const store::Row& row, const FindProcess& find) {
  return std::visit([&](const auto& fact) { return Text(fact, find); }, row.fact);
}

std::string FactLine(const store::Row& row, const FindProcess& find, int64_t real_minus_boot_ns) {
  std::string line =
      LocalTime(verdict::Plus(row.at, real_minus_boot_ns).value) + " " + FactText(row, find);
  const ProcessKey actor = ActorOf(row);
  const store::Process* process = actor.known() && find ? find(actor) : nullptr;
  if (process != nullptr && process->parent.known()) {
    line += ", parent " + Name(find, process->parent, "");
  }
  return Escape(line);
}

}  // namespace podtap::report
