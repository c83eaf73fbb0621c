#include "verdict/rules/own_act.h"

#include "verdict/culprit.h"

namespace podtap::verdict {

bool RaisedForItself(const store::SignalSent& sent, store::SignalSent::Info info) {
  return sent.info == info && Same(sent.sender, sent.target) && !sent.sender_exiting;
}

Finding ByOwnAct(const Scene& scene, Cause cause, const std::string& what) {
  Finding finding;
  finding.cause = cause;
  finding.headline = scene.subject_name() + " " + what + ".";
  finding.culprit =
      MakeCulprit(scene.view, Culprit::Kind::kSelf, scene.subject.end.process, nullptr);
  finding.culprit->flags.clear();  // it is the victim
  finding.chain.push_back({.text = scene.subject_name() + " " + what,
                           .process = scene.subject.end.process,
                           .row = scene.blow->root.row});
  finding.evidence.push_back(scene.blow->root.row);
  return finding;
}

}  // namespace podtap::verdict
