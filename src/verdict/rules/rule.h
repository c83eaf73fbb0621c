// A rule: the evidence that one cause demands.
//
// What enters: a Scene, what the steps before found out. What leaves: a Finding with
// the rows that prove it, or nothing, when the rows don't show this cause. One file a
// cause; rules.cc is their table. judge.cc adds what is common to all: the way from
// the subject's end to the container's, and what gaps in the evidence weaken.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "verdict/blow.h"
#include "verdict/subject.h"
#include "verdict/verdict.h"
#include "verdict/view.h"

namespace podtap::verdict {

struct Scene {
  const View& view;
  End init;
  Subject subject;
  std::optional<Blow> blow;  // what ended the subject, or what it obeyed

  const store::Death& death() const { return view.death(); }
  const store::SignalSent* sent() const { return blow ? blow->root.fact : nullptr; }
  // "server(7942)".
  std::string subject_name() const { return view.Name(subject.end.process); }
};

struct Finding {
  Cause cause = Cause::kUnknown;
  Confidence confidence = Confidence::kProven;
  std::string headline;
  std::optional<Culprit> culprit;
  std::vector<Culprit> on_behalf_of;
  bool asker_known = false;
  std::string asker_did;  // other than to ask: "killed its shim"
  std::vector<std::string> via;
  std::vector<Link> chain;  // what led to the blow, root first
  std::vector<store::RowId> evidence;
  std::vector<std::string> next_steps;
  std::vector<std::string> gaps;
  // It rests on what was not seen, so that any gap weakens it.
  bool by_absence = false;
  // The blow that was found has nothing to do with it.
  bool without_blow = false;
  // Nothing that was missed could change it.
  bool beyond_gaps = false;
};

// The weaker of two.
inline Confidence Weaker(Confidence a, Confidence b) { return a > b ? a : b; }

using Rule = std::optional<Finding> (*)(const Scene&);

std::optional<Finding> StartFailed(const Scene& scene);
std::optional<Finding> OomContainer(const Scene& scene);
std::optional<Finding> OomChild(const Scene& scene);
std::optional<Finding> OomGroup(const Scene& scene);
std::optional<Finding> OomPod(const Scene& scene);
std::optional<Finding> OomNode(const Scene& scene);
std::optional<Finding> OomUserspace(const Scene& scene);
std::optional<Finding> FaultSegv(const Scene& scene);
std::optional<Finding> FaultBus(const Scene& scene);
std::optional<Finding> FaultIll(const Scene& scene);
std::optional<Finding> FaultFpe(const Scene& scene);
std::optional<Finding> FaultTrap(const Scene& scene);
std::optional<Finding> Abort(const Scene& scene);
std::optional<Finding> Seccomp(const Scene& scene);
std::optional<Finding> Pdeathsig(const Scene& scene);
std::optional<Finding> PidnsTeardown(const Scene& scene);
std::optional<Finding> RlimitCpu(const Scene& scene);
std::optional<Finding> RlimitFsize(const Scene& scene);
std::optional<Finding> Sigpipe(const Scene& scene);
std::optional<Finding> Alarm(const Scene& scene);
std::optional<Finding> Hangup(const Scene& scene);
std::optional<Finding> Interrupt(const Scene& scene);
std::optional<Finding> Kubernetes(const Scene& scene);
std::optional<Finding> RuntimeStop(const Scene& scene);
std::optional<Finding> RuntimeStopTimeout(const Scene& scene);
std::optional<Finding> RuntimeKill(const Scene& scene);
std::optional<Finding> KilledCgroup(const Scene& scene);
std::optional<Finding> KilledBroadcast(const Scene& scene);
std::optional<Finding> KilledSelf(const Scene& scene);
std::optional<Finding> KilledInside(const Scene& scene);
std::optional<Finding> KilledContainer(const Scene& scene);
std::optional<Finding> KilledHost(const Scene& scene);
std::optional<Finding> ExitedByItself(const Scene& scene);
std::optional<Finding> NotKnown(const Scene& scene);

// The first rule of the table that finds its evidence; the last finds always.
Finding FirstFinding(const Scene& scene);

}  // namespace podtap::verdict
