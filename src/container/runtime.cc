#include "container/runtime.h"

namespace podtap::container {

Result<EventHistory> Runtime::History(Deadline /*deadline*/) {
  return std::unexpected(Error{.kind = ErrorKind::kUnsupported,
                               .tried = "ask for the events of",
                               .on = socket(),
                               .reason = "it keeps none"});
}

}  // namespace podtap::container
