// pdeathsig: the parent-death signal.
//
// Demands: a signal without siginfo to the whole process, from an exiting sender, equal
// to what the target asked for by PR_SET_PDEATHSIG (kernel/exit.c, forget_original_parent).
// It comes when the parent's *thread* that forked ends; the parent may live on.
#include "verdict/culprit.h"
#include "verdict/rules/links.h"
#include "verdict/rules/rule.h"
#include "verdict/windows.h"
#include "verdict/wording.h"

namespace podtap::verdict {
namespace {

constexpr int32_t kExitGroup = 231;

bool IsParentDeath(const store::SignalSent& sent) {
  return sent.info == store::SignalSent::Info::kNone && sent.to_group && sent.sender.known() &&
         sent.sender_exiting && sent.signal == sent.pdeath_signal &&
         !Same(sent.sender, sent.target);
}

}  // namespace

std::optional<Finding> Pdeathsig(const Scene& scene) {
  if (!scene.blow || !IsParentDeath(*scene.sent())) return std::nullopt;
  const View& view = scene.view;
  const store::SignalSent& sent = *scene.sent();
  const std::string parent = view.Name(sent.sender);
  // The process' own end comes before its children are told; a later one is another's.
  std::optional<End> ended = EndOfProcess(view, sent.sender);
  if (ended && Elapsed(ended->at, scene.blow->root.at) < 0) ended.reset();
  Finding finding;
  finding.cause = Cause::kPdeathsig;
  finding.culprit = MakeCulprit(view, Culprit::Kind::kProcess, sent.sender, &sent);
  const bool whole = ended || sent.call == kExitGroup;
  std::string what =
      whole ? "its parent " + parent + " ended" : "a thread of its parent " + parent + " ended";
  finding.headline = view.Name(sent.target) + " was ended by " + SignalName(sent.signal) +
                     ", its parent-death signal: " + what + ".";
  if (ended) {
    finding.chain.push_back(EndLink(view, *ended));
    if (ended->row) finding.evidence.push_back(*ended->row);
  }
  finding.chain.push_back({.text = "the kernel sent " + view.Name(sent.target) +
                                   " its parent-death signal, " + SignalName(sent.signal),
                           .process = sent.target,
                           .row = scene.blow->root.row});
  finding.evidence.push_back(scene.blow->root.row);
  // After its parent's end a process has another, by which the signal comes as well.
  if (!view.Ancestors(sent.target).empty() && !view.Descends(sent.target, sent.sender)) {
    finding.confidence = Confidence::kLikely;
    finding.gaps.push_back("That " + parent + " is its parent is not shown by its lineage.");
  }
  finding.next_steps.emplace_back(
      !whole
          ? "the thread that forked it ended, not the parent: fork from a thread that stays (Go: "
            "runtime.LockOSThread), or do without PR_SET_PDEATHSIG"
          : "see why " + parent + " ended; or do without PR_SET_PDEATHSIG");
  return finding;
}

}  // namespace podtap::verdict
