// Target → the deaths that the store has of it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "container/target.h"
#include "store/database.h"

namespace podtap::cli {

// Deaths of what is one thing to its operator, the newest first: a container of a pod over
// its restarts, a container by its name.
struct StoredDeaths {
  std::string identity;  // "shop/web-0/nginx", "web"
  std::vector<store::DeathRow> rows;
};

struct Which {
  std::optional<int64_t> since_unix_ns;
  std::optional<int64_t> until_unix_ns;
  int64_t most = 1;  // of each identity
};

// Ordered by identity. Empty: none.
Result<std::vector<StoredDeaths>> FindStored(store::Archive& archive,
                                             const container::Target& target, const Which& which);
// Those of a container as its runtime names it.
Result<std::vector<StoredDeaths>> FindStored(store::Archive& archive,
                                             const container::Container& container,
                                             const Which& which);

}  // namespace podtap::cli
