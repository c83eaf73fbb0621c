// The store that a command reads.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "store/database.h"

namespace CLI {
class App;
}

namespace podtap::cli {

struct StoreOptions {
  std::string folder;  // empty: /var/lib/podtap
};

// Declares --store on `app`, which must not outlive `options`.
void DeclareStoreOption(CLI::App& app, StoreOptions& options);

// kInput, with "start podtap record" as the remedy, where there is none.
Result<store::Archive> OpenArchive(const StoreOptions& options);
// The same for a command that can do without: nullopt if nothing was recorded at the
// usual place, and --store wasn't given.
Result<std::optional<store::Archive>> OpenArchiveIfThere(const StoreOptions& options);

}  // namespace podtap::cli
