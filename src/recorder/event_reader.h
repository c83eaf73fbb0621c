// Events of tapset/recorder.stp → calls of a Witness.
//
// What enters: events::Event as the decoder delivers them. Fields are found by their
// names, once, so that the script may list them in any order.
#pragma once

#include <memory>

#include "base/result.h"
#include "events/reader.h"
#include "ir/ir.h"
#include "recorder/witness.h"

namespace podtap::recorder {

class EventReader : public events::Sink {
 public:
  // An Error (kInternal) names the event or field that script and reader don't share.
  static Result<std::unique_ptr<EventReader>> Make(const ir::Module& module, Witness& witness);
};

}  // namespace podtap::recorder
