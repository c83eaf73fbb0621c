// What the rules about a sender share: how it is told, and what to do about it.
#pragma once

#include <string>

#include "verdict/place.h"
#include "verdict/rules/links.h"
#include "verdict/rules/rule.h"

namespace podtap::verdict {

// A signal that somebody sent, and not the kernel of its own accord.
bool SomebodySent(const Scene& scene);
Place SenderPlace(const Scene& scene);

// "killed server(7942) with SIGKILL", "sent SIGTERM to server(7942), which exited with
// code 143".
std::string Act(const Scene& scene);
// "pkill(23549), run by root on the host,": the subject of a headline.
std::string Actor(const Scene& scene);

// A finding whose culprit is the sender: headline, culprit, chain, evidence and what
// to do about a process that kills.
Finding SentBy(const Scene& scene, Cause cause);
// Where a process came from: flags, unit, login.
void AddOriginSteps(const View& view, const Culprit& culprit, std::vector<std::string>& steps);
// That, and where it may be found.
void AddSenderSteps(const View& view, const Culprit& culprit, std::vector<std::string>& steps);

}  // namespace podtap::verdict
