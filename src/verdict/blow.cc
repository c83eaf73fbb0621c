#include "verdict/blow.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <iterator>

#include "verdict/place.h"
#include "verdict/signal.h"
#include "verdict/windows.h"
#include "verdict/wording.h"

namespace podtap::verdict {
namespace {

using store::SignalSent;
using Info = SignalSent::Info;
using Action = SignalSent::Action;

// kill, tkill, tgkill, rt_sigqueueinfo, rt_tgsigqueueinfo, pidfd_send_signal.
constexpr std::array<int32_t, 6> kKillCalls = {62, 200, 234, 129, 297, 424};

// A sender that hands a signal on hands it to itself once, to its children once, and
// perhaps through a second supervisor.
constexpr size_t kMaxRelays = 4;

// A signal by which others ask a process to end.
bool AsksToEnd(const View& view, const Signal& signal) {
  const int32_t number = signal->signal;
  if (number == kSigTerm || number == kSigInt || number == kSigQuit) return true;
  return IsStopSignal(view.death().container, number) && RuntimeHand(view, signal);
}

// It ended the process at once (kernel/signal.c, complete_signal and get_signal).
bool Fatal(const SignalSent& sent) {
  if (!Delivered(sent) || !EndsByDefault(sent.signal)) return false;
  if (sent.signal == kSigKill) return true;
  // The kernel keeps a namespace's first process from what it doesn't handle; what is
  // delivered to it all the same, it waits for with sigwait.
  if (sent.unkillable && !IsFault(sent)) return false;
  // force_sig_info_to_task() puts a handler that is blocked, and "ignore", away.
  if (IsFault(sent)) return sent.action != Action::kHandle || sent.blocked;
  return sent.action == Action::kDefault && !sent.blocked;
}

// The process runs its handler, or waits for it with sigwait or a signalfd. While it
// waits in sigtimedwait(2) it doesn't block the signal (kernel/signal.c, do_sigtimedwait),
// so that only its living on tells.
bool Taken(const View& view, const SignalSent& sent) {
  if (!Delivered(sent) || sent.signal == kSigKill) return false;
  if (!Fatal(sent)) return sent.action != Action::kIgnore;
  const Exited* ended = view.EndOf(sent.target);
  return ended != nullptr && SignalOf(ended->fact->status) != sent.signal && !IsFault(sent);
}

bool FromItself(const SignalSent& sent) {
  return Same(sent.sender, sent.target) && !FromKernel(sent);
}

// The earliest that the process took before `before`, from somebody else, within
// `window`; only of this signal, unless it is 0.
std::vector<Signal> TakenBefore(const View& view, const store::ProcessKey& process,
                                store::BootNs before, int64_t window, int32_t only) {
  std::vector<Signal> found;
  for (const Signal& signal : view.SignalsTo(process)) {
    const int64_t ago = Elapsed(signal.at, before);
    if (ago < 0 || ago > window || FromItself(*signal.fact)) continue;
    if (!Taken(view, *signal.fact)) continue;
    if (only != 0 ? signal->signal == only : AsksToEnd(view, signal)) found.push_back(signal);
  }
  return found;
}

// Whether two signals are of one party: the same process, the same runtime, the kernel.
bool OneParty(const View& view, const Signal& a, const Signal& b) {
  if (FromKernel(*a.fact) || FromKernel(*b.fact)) {
    return FromKernel(*a.fact) == FromKernel(*b.fact);
  }
  if (Same(a->sender, b->sender)) return true;
  return RuntimeHand(view, a).has_value() && RuntimeHand(view, b).has_value();
}

std::string Sent(const View& view, const Signal& signal) {
  const std::string who = FromKernel(*signal.fact) ? "the kernel" : view.Name(signal->sender);
  return who + " sent " + SignalName(signal->signal);
}

void AddRivals(const View& view, const std::vector<Signal>& candidates, Blow& blow) {
  for (const Signal& other : candidates) {
    if (other.row == blow.root.row || OneParty(view, other, blow.root)) continue;
    blow.rivals.push_back(other);
    blow.confidence = Confidence::kLikely;
    const int64_t later = Elapsed(blow.root.at, other.at);
    blow.doubts.push_back("It may have ended because " + Sent(view, other) + " to it " +
                          Duration(std::abs(later)) + (later < 0 ? " before." : " later."));
  }
}

// A program that handles a signal, cleans up, and raises it again with its default
// action ends by its own hand; the first one is the cause.
void FollowRaisedAgain(const View& view, Blow& blow) {
  const SignalSent& sent = *blow.root.fact;
  if (!FromItself(sent)) return;
  const std::vector<Signal> first =
      TakenBefore(view, sent.target, blow.root.at, kAnswer, sent.signal);
  if (first.empty()) return;
  blow.relays.insert(blow.relays.begin(), blow.root);
  blow.root = first.front();
  AddRivals(view, first, blow);
}

// True when the sender of `signal` stands between init and the process, or is init:
// it may only hand on what it was told.
bool MayHandOn(const View& view, const SignalSent& sent) {
  if (sent.info != Info::kReal || FromKernel(sent)) return false;
  if (Same(sent.sender, sent.target)) return false;
  return PlaceOf(view, sent.sender, sent.sender_cgroup) == Place::kSame;
}

bool FollowRelay(const View& view, Blow& blow) {
  const SignalSent& sent = *blow.root.fact;
  if (!MayHandOn(view, sent) || !EndsByDefault(sent.signal)) return false;
  std::vector<Signal> told = TakenBefore(view, sent.sender, blow.root.at, kRelay, sent.signal);
  const bool same_signal = !told.empty();
  if (!same_signal) told = TakenBefore(view, sent.sender, blow.root.at, kRelay, 0);
  std::erase_if(told, [&](const Signal& signal) {
    return Same(signal->sender, sent.target) || signal.row == blow.root.row;
  });
  if (told.empty()) {
    // A small init sends signals only when it is told to.
    if (view.IsInit(sent.sender) && !view.IsInit(sent.target) && sent.signal != kSigKill) {
      blow.confidence = Confidence::kLikely;
      blow.doubts.push_back("What made " + view.Name(sent.sender) + " send " +
                            SignalName(sent.signal) + " was not seen.");
    }
    return false;
  }
  const int64_t ago = Elapsed(told.front().at, blow.root.at);
  if (!same_signal || ago > kMoments) {
    blow.confidence = Confidence::kLikely;
    blow.doubts.push_back(view.Name(sent.sender) + " may have sent " + SignalName(sent.signal) +
                          " for a reason of its own: it had been sent " +
                          SignalName(told.front()->signal) + " " + Duration(ago) + " before.");
  }
  blow.relays.insert(blow.relays.begin(), blow.root);
  blow.root = told.front();
  AddRivals(view, told, blow);
  return true;
}

std::optional<Blow> FindFatal(const View& view, const End& end) {
  std::optional<Signal> pending;
  for (const Signal& signal : view.SignalsTo(end.process)) {
    if (signal->signal != end.signal() || Elapsed(signal.at, end.at) < 0) continue;
    if (Fatal(*signal.fact)) return Blow{.root = signal};
    if (!pending && Delivered(*signal.fact) && signal->blocked) pending = signal;
  }
  if (!pending) return std::nullopt;
  Blow blow{.root = *pending};
  blow.confidence = Confidence::kLikely;
  blow.doubts.push_back("The thread blocked " + SignalName(end.signal()) +
                        " then; it must have let it in later.");
  return blow;
}

// How sure it is that a process which ended itself with `code` obeyed this signal.
bool Obeyed(const View& view, const Signal& signal, const End& end) {
  const int64_t after = Elapsed(signal.at, end.at);
  if (*end.code() == 128 + signal->signal && after <= kAnswerByCode) return true;
  return AsksToEnd(view, signal) && after <= kMoments;
}

// The grace period that the runtime gives, as far as it is known.
int64_t Grace(const View& view) {
  const container::Container& container = view.death().container;
  if (container.stop_timeout_s > 0) return int64_t{container.stop_timeout_s} * kSecond;
  return container.pod.name.empty() ? 10 * kSecond : 30 * kSecond;
}

bool InGrace(const View& view, const Signal& signal, const End& end) {
  return IsStopSignal(view.death().container, signal->signal) &&
         Elapsed(signal.at, end.at) <= Grace(view) && RuntimeHand(view, signal);
}

// What the process may have obeyed when it ended itself, the earliest first.
std::vector<Signal> Obeyable(const View& view, const End& end) {
  const int32_t in_code = SignalOfExitCode(*end.code());
  std::vector<Signal> found;
  if (in_code != 0) found = TakenBefore(view, end.process, end.at, kAnswer, in_code);
  if (!found.empty()) return found;
  const std::vector<Signal> all = TakenBefore(view, end.process, end.at, kLongestGrace, 0);
  std::ranges::copy_if(all, std::back_inserter(found), [&](const Signal& signal) {
    return Elapsed(signal.at, end.at) <= kAnswer || InGrace(view, signal, end);
  });
  if (!found.empty()) return found;
  // A grace period that nobody told us of.
  std::ranges::copy_if(all, std::back_inserter(found),
                       [&](const Signal& signal) { return RuntimeHand(view, signal).has_value(); });
  if (!found.empty()) return found;
  // A reload, as a rule; an end only if it follows at once.
  found = TakenBefore(view, end.process, end.at, kMoments, kSigHup);
  for (const Signal& signal : HandledBefore(view, end)) {
    if (RuntimeHand(view, signal)) found.push_back(signal);
  }
  return found;
}

std::optional<Blow> FindTaken(const View& view, const End& end) {
  const std::vector<Signal> signals = Obeyable(view, end);
  if (signals.empty()) return std::nullopt;
  const auto sure = std::ranges::find_if(signals, [&](const Signal& signal) {
    return InGrace(view, signal, end) || Obeyed(view, signal, end);
  });
  Blow blow{.root = sure == signals.end() ? signals.front() : *sure, .taken = true};
  if (sure == signals.end()) {
    blow.confidence = Confidence::kLikely;
    blow.doubts.push_back("It handled " + SignalName(blow.root->signal) + " and exited " +
                          Duration(Elapsed(blow.root.at, end.at)) + " later with code " +
                          std::to_string(*end.code()) +
                          "; it may have exited for a reason of its own.");
  }
  AddRivals(view, signals, blow);
  return blow;
}

}  // namespace

bool Delivered(const SignalSent& sent) {
  return sent.result == SignalSent::Result::kDelivered ||
         sent.result == SignalSent::Result::kLoseInfo;
}

bool InKillCall(const SignalSent& sent) {
  return std::ranges::find(kKillCalls, sent.call) != kKillCalls.end();
}

bool IsFault(const SignalSent& sent) {
  if (sent.info != Info::kReal || sent.code <= 0 || !Same(sent.sender, sent.target)) return false;
  // A process may send itself a siginfo of any look.
  return !InKillCall(sent) || (sent.signal == kSigSys && sent.fault_call == sent.call);
}

bool FromKernel(const SignalSent& sent) {
  constexpr int32_t kSiTkill = -6;
  if (sent.info == Info::kKernel || IsFault(sent)) return true;
  if (sent.info == Info::kReal) {
    // Timers, message queues, asynchronous I/O: SI_TIMER to SI_SIGIO, SI_ASYNCNL.
    if (sent.code < -1 && sent.code != kSiTkill) return !InKillCall(sent);
    return sent.code > 0 && !Same(sent.sender, sent.target);
  }
  // To the thread that wrote.
  return sent.signal == kSigPipe || sent.signal == kSigXfsz;
}

std::vector<Signal> HandledBefore(const View& view, const End& end) {
  std::vector<Signal> found;
  for (const Signal& signal : view.SignalsTo(end.process)) {
    const int64_t before = Elapsed(signal.at, end.at);
    if (before < 0 || before > kMoments || FromItself(*signal.fact)) continue;
    if (FromKernel(*signal.fact) || !EndsByDefault(signal->signal)) continue;
    if (Taken(view, *signal.fact)) found.push_back(signal);
  }
  return found;
}

std::optional<Blow> FindBlow(const View& view, const End& end) {
  std::optional<Blow> blow;
  if (end.signal() != 0) blow = FindFatal(view, end);
  if (end.code()) blow = FindTaken(view, end);
  if (!blow) return std::nullopt;
  FollowRaisedAgain(view, *blow);
  while (blow->relays.size() < kMaxRelays && FollowRelay(view, *blow)) {
  }
  blow->hand = RuntimeHand(view, blow->root);
  return blow;
}

}  // namespace podtap::verdict
