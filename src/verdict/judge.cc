// Judge: the steps from evidence to verdict.
#include <algorithm>

#include "verdict/blow.h"
#include "verdict/end.h"
#include "verdict/rules/links.h"
#include "verdict/rules/rule.h"
#include "verdict/signal.h"
#include "verdict/subject.h"
#include "verdict/verdict.h"
#include "verdict/view.h"
#include "verdict/windows.h"
#include "verdict/wording.h"

namespace podtap::verdict {
namespace {

Link WrapperLink(const Scene& scene, const End& wrapper) {
  Link link = EndLink(scene.view, wrapper);
  const std::string code = std::to_string(wrapper.code().value_or(0));
  link.text = scene.view.Name(wrapper.process) +
              (scene.subject.gave_up ? " then exited with code " : " passed it on as exit code ") +
              code;
  return link;
}

// From the blow to the container's end.
void AddTheWay(const Scene& scene, const Finding& finding, Verdict& verdict) {
  const bool goes_on = !verdict.chain.empty();
  for (const Link& link : finding.chain) {
    // The part before may have told it already.
    const bool told =
        link.row && std::ranges::find(verdict.chain, link.row, &Link::row) != verdict.chain.end();
    if (!told || !goes_on) verdict.chain.push_back(link);
  }
  if (scene.blow && !finding.without_blow) {
    for (const Signal& relay : scene.blow->relays) {
      verdict.chain.push_back(SentLink(scene.view, relay));
      verdict.evidence.push_back(relay.row);
    }
  }
  if (scene.subject.end.process.known()) {
    verdict.chain.push_back(EndLink(scene.view, scene.subject.end));
  }
  if (scene.subject.end.row) verdict.evidence.push_back(*scene.subject.end.row);
  for (const End& wrapper : scene.subject.wrappers) {
    verdict.chain.push_back(WrapperLink(scene, wrapper));
    if (wrapper.row) verdict.evidence.push_back(*wrapper.row);
  }
}

std::vector<std::string> Via(const Scene& scene, const Finding& finding) {
  std::vector<std::string> via = finding.via;
  const bool handed_on =
      scene.blow && std::ranges::any_of(scene.blow->relays, [](const Signal& relay) {
        return !Same(relay->sender, relay->target);
      });
  const bool wrapped = !scene.subject.wrappers.empty() && !scene.subject.gave_up;
  if (wrapped) {
    via.emplace_back("wrapper");
  } else if (handed_on) {
    via.emplace_back("relay");
  }
  return via;
}

std::string GapText(const View& view, const store::Gap& gap) {
  const bool known = gap.from.value != 0 || gap.to.value != 0;
  std::string when;
  if (known) {
    const int64_t before = Elapsed(gap.from, view.death().at);
    const int64_t length = Elapsed(gap.from, gap.to);
    when = ", beginning " + Duration(before) + " before the end, for " + Duration(length);
  }
  if (gap.kind == store::Gap::Kind::kNotRecording) {
    return "Nobody watched" + (when.empty() ? " when it happened" : when) + ".";
  }
  return std::to_string(gap.count) + " events were lost" + when + ".";
}

// What was not seen may have been the real cause.
Confidence Limit(const Scene& scene, const Finding& finding, std::vector<std::string>& gaps) {
  const View& view = scene.view;
  const store::BootNs end = scene.init.at;
  store::BootNs from = Plus(end, -kAnswer);
  store::BootNs to = end;
  if (scene.blow && !finding.by_absence && !finding.without_blow) {
    from = Plus(scene.blow->root.at, -kLinger);
    // After a fatal signal nothing can take its place.
    const bool until_end = scene.blow->taken || !scene.subject.wrappers.empty();
    to = until_end ? end : scene.blow->root.at;
  }
  if (view.Complete(from, to)) return Confidence::kProven;
  bool unwatched = !view.death().watched && finding.confidence != Confidence::kUnknown;
  for (const store::Gap& gap : view.death().gaps) {
    const bool unknown = gap.from.value == 0 && gap.to.value == 0;
    if (!unknown && (gap.from > to || from > gap.to)) continue;
    // What is not known at all is told by the rule that says so.
    if (gap.kind == store::Gap::Kind::kNotRecording && finding.confidence == Confidence::kUnknown) {
      continue;
    }
    gaps.push_back(GapText(view, gap));
    unwatched = unwatched && gap.kind != store::Gap::Kind::kNotRecording;
  }
  if (unwatched) {
    gaps.emplace_back("The kernel was not watched through all of its last moments.");
  }
  return Confidence::kLikely;
}

void SortEvidence(const View& view, std::vector<store::RowId>& evidence) {
  std::ranges::sort(evidence);
  const auto repeated = std::ranges::unique(evidence);
  evidence.erase(repeated.begin(), repeated.end());
  const auto& rows = view.death().rows;
  std::ranges::stable_sort(evidence, {}, [&](store::RowId row) { return rows[row].at.value; });
}

Scene MakeScene(const View& view, const End& init) {
  Scene scene{.view = view, .init = init, .subject = FindSubject(view, init), .blow = {}};
  scene.blow = FindBlow(view, scene.subject.end);
  return scene;
}

// One end and what was found about it.
struct Part {
  Scene scene;
  Finding finding;
};

Part Explain(const View& view, const End& init) {
  Scene scene = MakeScene(view, init);
  Finding finding = FirstFinding(scene);
  return {std::move(scene), std::move(finding)};
}

// Why the first process of the pid namespace ended, whose end took this one along.
std::optional<Part> BeforeTeardown(const Part& part) {
  if (part.finding.cause != Cause::kPidnsTeardown) return std::nullopt;
  const View& view = part.scene.view;
  const std::optional<End> first = EndOfProcess(view, part.scene.sent()->sender);
  if (!first) return std::nullopt;
  Part before = Explain(view, *first);
  // Its own exit is no cause of this one's beyond that it ended.
  const Cause cause = before.finding.cause;
  if (cause == Cause::kUnknown || cause == Cause::kExit || cause == Cause::kPidnsTeardown) {
    return std::nullopt;
  }
  return before;
}

void Append(std::vector<std::string>& to, const std::vector<std::string>& more) {
  for (const std::string& text : more) {
    if (std::ranges::find(to, text) == to.end()) to.push_back(text);
  }
}

// Chain, evidence, gaps and confidence of one part; the root's part comes first.
void Add(const Part& part, Verdict& verdict) {
  const auto& [scene, finding] = part;
  Confidence confidence = Weaker(finding.confidence, scene.subject.confidence);
  std::vector<std::string> gaps = finding.gaps;
  Append(gaps, scene.subject.doubts);
  verdict.evidence.insert(verdict.evidence.end(), finding.evidence.begin(), finding.evidence.end());
  if (scene.blow && !finding.without_blow) {
    confidence = Weaker(confidence, scene.blow->confidence);
    Append(gaps, scene.blow->doubts);
    for (const Signal& rival : scene.blow->rivals) verdict.evidence.push_back(rival.row);
  }
  if (!finding.beyond_gaps) confidence = Weaker(confidence, Limit(scene, finding, gaps));
  verdict.confidence = Weaker(verdict.confidence, confidence);
  Append(verdict.gaps, gaps);
  Append(verdict.via, Via(scene, finding));
  AddTheWay(scene, finding, verdict);
}

void DescribeWrapper(const Scene& scene, Exit& exit) {
  if (scene.subject.wrappers.empty() || scene.subject.gave_up) return;
  exit.text = std::to_string(*exit.code) + ": " + scene.subject_name() + "'s end by " +
              SignalName(scene.subject.end.signal()) + ", passed on by " +
              scene.view.Name(scene.init.process);
}

// Whoever asks after the fact is told how to know it the next time.
void AddCatch(const store::Death& death, Verdict& verdict) {
  if (death.watched || death.asked.empty() || verdict.cause == Cause::kStartFailed) return;
  Append(verdict.next_steps, {CatchStep(death.container)});
}

}  // namespace

Verdict Judge(const store::Death& death) {
  const View view(death);
  Part part = Explain(view, EndOfInit(view));
  std::optional<Part> before = BeforeTeardown(part);

  Verdict verdict;
  verdict.confidence = Confidence::kProven;
  if (before) {
    Add(*before, verdict);
    verdict.via.emplace_back(CauseName(Cause::kPidnsTeardown));
    before->finding.headline += " " + part.finding.headline;
  }
  Add(part, verdict);
  SortEvidence(view, verdict.evidence);
  verdict.exit = DecodeExit(view, part.scene.init);
  DescribeWrapper(part.scene, verdict.exit);

  Finding& root = before ? before->finding : part.finding;
  verdict.cause = root.cause;
  verdict.headline = std::move(root.headline);
  verdict.culprit = std::move(root.culprit);
  verdict.on_behalf_of = std::move(root.on_behalf_of);
  verdict.asker_known = root.asker_known;
  verdict.asker_did = std::move(root.asker_did);
  verdict.next_steps = std::move(root.next_steps);
  AddCatch(death, verdict);
  return verdict;
}

const Culprit* Blamed(const Verdict& verdict) {
  if (verdict.asker_known) return &verdict.on_behalf_of.front();
  return verdict.culprit ? &*verdict.culprit : nullptr;
}

}  // namespace podtap::verdict
