// What the rules about signals that the kernel raises for a process' own doing share.
#pragma once

#include <string>

#include "verdict/rules/rule.h"

namespace podtap::verdict {

// The kernel sent the blow to the thread that was running: SIGPIPE, SIGXFSZ, SIGXCPU.
bool RaisedForItself(const store::SignalSent& sent, store::SignalSent::Info info);

// "server(7942) WHAT.", the subject as the culprit, the blow as evidence.
Finding ByOwnAct(const Scene& scene, Cause cause, const std::string& what);

}  // namespace podtap::verdict
