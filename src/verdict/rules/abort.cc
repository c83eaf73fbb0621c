// abort: SIGABRT from itself.
//
// Demands: SIGABRT that the process sent to itself, fatal. Or, for a namespace's first
// process, which no signal of its own namespace can end by default: an ignored SIGABRT
// from itself and within a second what abort(3) does then: on x86-64 the hlt of glibc
// and musl, a general protection fault; elsewhere a write to address 0, or exit 127.
#include "verdict/culprit.h"
#include "verdict/rules/rule.h"
#include "verdict/signal.h"
#include "verdict/windows.h"
#include "verdict/wording.h"

namespace podtap::verdict {
namespace {

constexpr int32_t kSiKernel = 128;

bool SentByItself(const store::SignalSent& sent) {
  return sent.signal == kSigAbrt && Same(sent.sender, sent.target) && !FromKernel(sent) &&
         sent.code <= 0;
}

// SIGABRT from itself that came to nothing, shortly before its end.
std::optional<Signal> Fruitless(const Scene& scene) {
  std::optional<Signal> found;
  for (const Signal& signal : scene.view.SignalsTo(scene.subject.end.process)) {
    const int64_t before = Elapsed(signal.at, scene.subject.end.at);
    if (before < 0 || before > kMoments || !SentByItself(*signal.fact)) continue;
    if (signal->result == store::SignalSent::Result::kIgnored && signal->unkillable) {
      found = signal;
    }
  }
  return found;
}

// What abort(3) does when SIGABRT doesn't end the process.
bool EndsAnAbort(const Scene& scene) {
  if (!scene.blow) return scene.subject.end.code() == 127;
  const store::SignalSent& sent = *scene.sent();
  return sent.signal == kSigSegv && IsFault(sent) && (sent.code == kSiKernel || sent.address == 0);
}

// The last fault of the thread that aborted: the JVM and others handle SIGSEGV, write
// their report, and abort.
void AddFaultBefore(const Scene& scene, const Signal& abort, Finding& finding) {
  std::optional<Signal> fault;
  for (const Signal& signal : scene.view.SignalsTo(scene.subject.end.process)) {
    const int64_t before = Elapsed(signal.at, abort.at);
    if (before < 0 || before > kPassOnLate || !IsFault(*signal.fact)) continue;
    if (signal->target_tid == abort->sender_tid) fault = signal;
  }
  if (!fault) return;
  finding.evidence.push_back(fault->row);
  finding.chain.insert(finding.chain.begin(),
                       {.text = scene.subject_name() + " handled " + SignalName((*fault)->signal) +
                                " at " + Hex((*fault)->address),
                        .process = scene.subject.end.process,
                        .row = fault->row});
  finding.next_steps.push_back("its thread had handled " + SignalName((*fault)->signal) + " " +
                               Duration(Elapsed(fault->at, abort.at)) +
                               " before: a crash report (hs_err_pid*.log) tells more");
}

}  // namespace

std::optional<Finding> Abort(const Scene& scene) {
  std::optional<Signal> abort;
  if (scene.blow && SentByItself(*scene.sent()) &&
      Same(scene.sent()->target, scene.subject.end.process)) {
    abort = scene.blow->root;
  }
  const bool fruitless = !abort && EndsAnAbort(scene);
  if (fruitless) abort = Fruitless(scene);
  if (!abort) return std::nullopt;
  Finding finding;
  finding.cause = Cause::kAbort;
  finding.headline = scene.subject_name() + " aborted: it sent itself SIGABRT" +
                     (fruitless ? ", and as the first process of its namespace ended by what "
                                  "abort() does next."
                                : ".");
  finding.culprit =
      MakeCulprit(scene.view, Culprit::Kind::kSelf, scene.subject.end.process, nullptr);
  finding.culprit->flags.clear();
  finding.chain.push_back({.text = scene.subject_name() + " sent itself SIGABRT",
                           .process = scene.subject.end.process,
                           .row = abort->row});
  finding.evidence.push_back(abort->row);
  if (fruitless && scene.blow) finding.evidence.push_back(scene.blow->root.row);
  finding.next_steps.emplace_back(
      "read its last log lines: an assertion, \"terminate called\", \"double free\", "
      "\"heap out of memory\"");
  AddFaultBefore(scene, *abort, finding);
  return finding;
}

}  // namespace podtap::verdict
