// `podtap record`: the flight recorder.
//
// What enters: what NodeWatch sees of the node. What leaves: lives, deaths with their
// evidence, incidents and blind windows in the store; metrics; a notification a death.
#pragma once

#include "cli/record_options.h"

namespace podtap::cli {

// Returns the exit status.
int Record(RecordSettings& settings);

}  // namespace podtap::cli
