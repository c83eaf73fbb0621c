// Everything that is known of who did it.
#pragma once

#include <string>
#include <vector>

#include "verdict/verdict.h"
#include "verdict/view.h"

namespace podtap::verdict {

// `sent` may add what only the row knows (uid, comm); it can be nullptr.
Culprit MakeCulprit(const View& view, Culprit::Kind kind, const store::ProcessKey& key,
                    const store::SignalSent* sent);
Culprit KernelCulprit();

// What malware looks like: "deleted_exe", "memfd_exe", "temp_exe", "name_mismatch".
// Each is a fact, not a judgement: an upgraded daemon's exe is deleted too.
std::vector<std::string> SuspiciousFlags(const store::Process& process);

}  // namespace podtap::verdict
