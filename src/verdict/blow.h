// Blow: the signal that ended a process, or that it obeyed.
//
// What enters: the end of a process. What leaves: the one row to explain, after
// following what only passed it on: a small init that forwards SIGTERM to its child, a
// program that puts its handler away and raises the same signal again.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "verdict/end.h"
#include "verdict/hand.h"
#include "verdict/verdict.h"
#include "verdict/view.h"

namespace podtap::verdict {

struct Blow {
  Signal root;                 // who sent this one, and why, is the question
  std::vector<Signal> relays;  // between root and the end, in order of time
  // The process handled it (or took it with sigwait) and then ended by itself.
  bool taken = false;
  std::optional<Hand> hand;  // of a runtime, which sent root
  // Signals that may as well have been it, from somebody else.
  std::vector<Signal> rivals;
  Confidence confidence = Confidence::kProven;
  std::vector<std::string> doubts;  // why it isn't proven, in sentences

  // What hit the process itself.
  const Signal& nearest() const { return relays.empty() ? root : relays.back(); }
};

std::optional<Blow> FindBlow(const View& view, const End& end);

// What others sent it in its last second, whatever the signal, and it took.
std::vector<Signal> HandledBefore(const View& view, const End& end);

// Raised by the CPU or the kernel for the thread's own act: a fault, a seccomp filter.
bool IsFault(const store::SignalSent& sent);
// The kernel's own, with no sender: OOM, terminal, timer, fault.
bool FromKernel(const store::SignalSent& sent);
// What it did was queued for the process, not ignored or lost.
bool Delivered(const store::SignalSent& sent);
// kill(2), tgkill(2), pidfd_send_signal(2) and their kin, by x86-64's numbers.
bool InKillCall(const store::SignalSent& sent);

}  // namespace podtap::verdict
