// Ends of processes that are no container's first: the recorder's view of the rest of the
// node. Each is told as the death of a process alone, as if it had been followed.
#include "recorder/recorder.h"

namespace podtap::recorder {
namespace {

using store::SignalSent;

// Bounds against a storm of signals that end nobody.
constexpr size_t kMostRemembered = 1024;
constexpr size_t kMostRowsEach = 8;

// The kernel ends what is left of a pid namespace, and a dying thread group's threads: not
// the cause of anything.
bool IsTeardown(const SignalSent& sent) {
  return sent.info == SignalSent::Info::kKernel && sent.sender_exiting;
}

}  // namespace

std::vector<store::Row>& Recorder::FatalRowsOf(const ProcessKey& process) {
  const auto [entry, is_new] = fatal_rows_.try_emplace(process);
  if (is_new) fatal_order_.push_back(process);
  if (fatal_order_.size() > kMostRemembered) {
    fatal_rows_.erase(fatal_order_.front());
    fatal_order_.pop_front();
  }
  return entry->second;
}

void Recorder::RememberFatal(BootNs at, const SignalSent& sent) {
  if (sent.action != SignalSent::Action::kDefault || IsTeardown(sent)) return;
  if (sent.result != SignalSent::Result::kDelivered) return;
  std::vector<store::Row>& rows = FatalRowsOf(sent.target);
  if (rows.empty() && sent.sender != sent.target) LookAtSender(at, sent);
  if (rows.size() < kMostRowsEach) rows.push_back({at, sent});
}

void Recorder::RememberFatal(BootNs at, const store::OomKill& oom) {
  FatalRowsOf(oom.victim).push_back({at, oom});
}

void Recorder::TellIncident(BootNs at, const store::ProcessExited& exited) {
  const auto found = fatal_rows_.find(exited.process);
  if (found == fatal_rows_.end()) return;
  std::vector<store::Row> rows = std::move(found->second);
  fatal_rows_.erase(found);
  std::erase(fatal_order_, exited.process);
  if ((exited.status & 0x7f) == 0) return;
  if (IsToldByDeath(at, exited)) return;
  if (at.value / 1'000'000'000 != incident_second_) {
    incident_second_ = at.value / 1'000'000'000;
    incidents_ = 0;
  }
  if (++incidents_ > options_.incidents_a_second) {
    incidents_passed_over_++;
    return;
  }
  Life life(0, "", {.name = "pid:" + std::to_string(exited.process.pid.value)}, since_);
  life.container.init_pid = exited.process.pid.value;
  life.init = exited.process;
  for (store::Row& row : rows) life.Add(row.at, std::move(row.fact));
  life.Add(at, exited);
  life.dying = {.at = at, .status = exited.status, .decide_by = at};
  observer_.OnIncident(MakeDeath(life, at));
}

}  // namespace podtap::recorder
