// Whether a recorder runs, by what the store says.
#pragma once

#include "base/result.h"
#include "store/database.h"
#include "top/snapshot.h"

namespace podtap::cli {

// Of the last recorder: it runs, has ended, or has been killed; and since when.
Result<top::Recorder> RecorderState(store::Archive& archive, int64_t now_unix_ns);

}  // namespace podtap::cli
