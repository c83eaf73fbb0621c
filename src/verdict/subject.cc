#include "verdict/subject.h"

#include <algorithm>

#include "verdict/blow.h"
#include "verdict/place.h"
#include "verdict/signal.h"
#include "verdict/windows.h"
#include "verdict/wording.h"

namespace podtap::verdict {
namespace {

bool InContainer(const View& view, const store::ProcessKey& process, cgroup::CgroupId cgroup) {
  return PlaceOf(view, process, cgroup) == Place::kSame || view.Descends(process, view.init());
}

// The ends of those between `child` and init, the nearest first, init last. One that had
// ended before the child left it to init, and is none of them. Empty when the line is
// broken, or one of them ended differently than by passing it on.
std::vector<End> PassedOnBy(const View& view, const End& child, const End& init) {
  std::vector<End> line;
  for (const store::ProcessKey& ancestor : view.Ancestors(child.process)) {
    if (Same(ancestor, init.process)) {
      line.push_back(init);
      return line;
    }
    const std::optional<End> end = EndOfProcess(view, ancestor);
    if (!end) return {};
    if (Elapsed(end->at, child.at) >= 0) continue;
    if (end->status != init.status) return {};
    line.push_back(*end);
  }
  return {};
}

struct Candidate {
  End end;
  std::vector<End> line;
  int64_t before_init = 0;
};

// Processes of the container that died by `signal` before init ended; those whose line
// to init is known first, then the latest.
std::vector<Candidate> DiedBy(const View& view, const End& init, int32_t signal) {
  std::vector<Candidate> found;
  for (const Exited& exited : view.All<store::ProcessExited>()) {
    if (exited->thread_only || SignalOf(exited->status) != signal) continue;
    if (Same(exited->process, init.process)) continue;
    const int64_t before = Elapsed(exited.at, init.at);
    if (before < 0 || before > kPassOnLate) continue;
    if (!InContainer(view, exited->process, exited->cgroup)) continue;
    const End end = EndFrom(exited);
    found.push_back({end, PassedOnBy(view, end, init), before});
  }
  std::ranges::stable_sort(found, [](const Candidate& a, const Candidate& b) {
    if (a.line.empty() != b.line.empty()) return b.line.empty();
    return a.before_init < b.before_init;
  });
  return found;
}

// Two children died the same death by different hands: either may have been passed on.
void CompareKillers(const View& view, const std::vector<Candidate>& candidates, Subject& subject) {
  const auto blow = FindBlow(view, subject.end);
  for (size_t i = 1; i < candidates.size(); i++) {
    const Candidate& other = candidates[i];
    if (other.before_init > kPassOn || (other.line.empty() && !candidates[0].line.empty())) {
      continue;
    }
    const auto others_blow = FindBlow(view, other.end);
    const bool same = blow && others_blow && Same(blow->root->sender, others_blow->root->sender);
    if (same) continue;
    subject.confidence = Confidence::kLikely;
    subject.doubts.push_back(view.Name(other.end.process) + " died by " +
                             SignalName(subject.end.signal()) +
                             " as well; it may be the one that was passed on.");
    return;
  }
}

std::optional<Subject> PassedOnDeath(const View& view, const End& init) {
  const int32_t signal = SignalOfExitCode(*init.code());
  if (signal == 0) return std::nullopt;
  const std::vector<Candidate> candidates = DiedBy(view, init, signal);
  if (candidates.empty()) return std::nullopt;
  const Candidate& best = candidates.front();
  Subject subject;
  subject.end = best.end;
  subject.wrappers = best.line;
  if (best.line.empty()) {
    subject.wrappers = {init};
    subject.confidence = Confidence::kLikely;
    subject.doubts.push_back("How " + view.Name(best.end.process) + " descends from " +
                             view.Name(init.process) + " is not known.");
  }
  if (best.before_init > kPassOn) {
    subject.confidence = Confidence::kLikely;
    subject.doubts.push_back(view.Name(init.process) + " went on for " +
                             Duration(best.before_init) + " before it exited with code " +
                             std::to_string(*init.code()) + ".");
  }
  CompareKillers(view, candidates, subject);
  return subject;
}

// Whether the kernel killed the victim for memory, and it didn't just mark one that
// was dying already (mm/oom_kill.c, out_of_memory: task_will_free_mem).
bool KilledForMemory(const View& view, const store::ProcessKey& victim) {
  const Exited* exited = view.EndOf(victim);
  if (exited == nullptr || SignalOf(exited->fact->status) != kSigKill) return false;
  const auto blow = FindBlow(view, EndFrom(*exited));
  return blow && blow->root->info == store::SignalSent::Info::kKernel;
}

std::optional<Subject> GaveUpAfterOom(const View& view, const End& init) {
  std::optional<Subject> found;
  for (const auto& oom : view.All<store::OomKill>()) {
    const store::ProcessKey& victim = oom->victim;
    if (Same(victim, init.process) || !InContainer(view, victim, oom->cgroup)) continue;
    const Exited* exited = view.EndOf(victim);
    if (exited == nullptr || !KilledForMemory(view, victim)) continue;
    const int64_t before = Elapsed(exited->at, init.at);
    if (before < 0 || before > kOomAnswer) continue;
    Subject subject;
    subject.end = EndFrom(*exited);
    subject.wrappers = {init};
    subject.gave_up = true;
    const store::Process* process = view.Find(victim);
    const bool child = process != nullptr && Same(process->parent, init.process);
    if (!child || before > kOomAnswerSure) {
      subject.confidence = Confidence::kLikely;
      subject.doubts.push_back(view.Name(init.process) + " exited with code " +
                               std::to_string(*init.code()) + " " + Duration(before) + " after " +
                               view.Name(victim) + " was gone; it may have had another reason.");
    }
    found = subject;  // the last one
  }
  return found;
}

}  // namespace

Subject FindSubject(const View& view, const End& init) {
  Subject subject;
  subject.end = init;
  if (!init.code() || *init.code() == 0) return subject;
  const auto own = FindBlow(view, init);
  if (auto passed_on = PassedOnDeath(view, init)) {
    // What init was told after the child's death made it exit with the same code.
    if (!own || Elapsed(passed_on->end.at, own->nearest().at) < 0) return *passed_on;
    if (Elapsed(passed_on->end.at, init.at) <= kPassOn) {
      subject.confidence = Confidence::kLikely;
      subject.doubts.push_back("It may have passed on that " + view.Name(passed_on->end.process) +
                               " was ended by " + SignalName(passed_on->end.signal()) + ".");
    }
    return subject;
  }
  // What it was asked to do comes before what happened to a child.
  if (own) return subject;
  if (auto gave_up = GaveUpAfterOom(view, init)) return *gave_up;
  return subject;
}

}  // namespace podtap::verdict
