// Judge: the steps from evidence to verdict.
#include <algorithm>

#include "verdict/blow.h"
#include "verdict/end.h"
#include "verdict/rules/rule.h"
#include "verdict/rules/sender.h"
#include "verdict/signal.h"
#include "verdict/subject.h"
#include "verdict/verdict.h"
#include "verdict/view.h"
#include "verdict/windows.h"
#include "verdict/wording.h"

namespace podtap::verdict {
namespace {

Link EndLink(const View& view, const End& end) {
  std::string text = view.Name(end.process);
  if (end.signal() != 0) {
    text += " was ended by " + SignalName(end.signal());
  } else if (end.code()) {
    text += " exited with code " + std::to_string(*end.code());
  } else {
    text += " ended";
  }
  return {.text = text, .process = end.process, .row = end.row};
}

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
  verdict.chain = finding.chain;
  if (scene.blow && !finding.without_blow) {
    for (const Signal& relay : scene.blow->relays) {
      verdict.chain.push_back(SentLink(scene.view, relay));
      verdict.evidence.push_back(relay.row);
    }
  }
  verdict.chain.push_back(EndLink(scene.view, scene.subject.end));
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
    return "Nobody watched" + (when.empty() ? " for a time" : when) + ".";
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
  for (const store::Gap& gap : view.death().gaps) {
    const bool unknown = gap.from.value == 0 && gap.to.value == 0;
    if (unknown || (gap.from <= to && from <= gap.to)) gaps.push_back(GapText(view, gap));
  }
  if (!view.death().watched && finding.confidence != Confidence::kUnknown) {
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

}  // namespace

Verdict Judge(const store::Death& death) {
  const View view(death);
  const Scene scene = MakeScene(view, EndOfInit(view));
  Finding finding = FirstFinding(scene);

  Verdict verdict;
  verdict.cause = finding.cause;
  verdict.confidence = Weaker(finding.confidence, scene.subject.confidence);
  verdict.evidence = finding.evidence;
  verdict.gaps = finding.gaps;
  verdict.gaps.insert(verdict.gaps.end(), scene.subject.doubts.begin(), scene.subject.doubts.end());
  if (scene.blow && !finding.without_blow) {
    verdict.confidence = Weaker(verdict.confidence, scene.blow->confidence);
    verdict.gaps.insert(verdict.gaps.end(), scene.blow->doubts.begin(), scene.blow->doubts.end());
    for (const Signal& rival : scene.blow->rivals) verdict.evidence.push_back(rival.row);
  }
  verdict.confidence = Weaker(verdict.confidence, Limit(scene, finding, verdict.gaps));
  verdict.via = Via(scene, finding);
  AddTheWay(scene, finding, verdict);
  SortEvidence(view, verdict.evidence);
  verdict.headline = std::move(finding.headline);
  verdict.culprit = std::move(finding.culprit);
  verdict.on_behalf_of = std::move(finding.on_behalf_of);
  verdict.next_steps = std::move(finding.next_steps);
  verdict.exit = DecodeExit(view, scene.init);
  if (!scene.subject.wrappers.empty() && !scene.subject.gave_up) {
    verdict.exit.text = std::to_string(*verdict.exit.code) + ": " + scene.subject_name() +
                        "'s end by " + SignalName(scene.subject.end.signal()) + ", passed on by " +
                        view.Name(scene.init.process);
  }
  return verdict;
}

}  // namespace podtap::verdict
