// Which of the node's containers the targets of a command line mean.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "cgroup/tree.h"
#include "container/inventory.h"
#include "container/target.h"

namespace podtap::cli {

// The first that is none is the error, of kUsage.
Result<std::vector<container::Target>> ParseTargets(const std::vector<std::string>& texts);

struct Selection {
  // In the targets' order, each once.
  std::vector<container::Container> containers;
  std::vector<container::Target> unresolved;
  std::vector<Error> errors;            // of each that is unresolved
  std::vector<std::string> empty_pods;  // as they were written: they have no container yet
};
Selection Select(const std::vector<container::Target>& targets,
                 const container::Inventory& inventory, const cgroup::Tree& tree);

// All containers that are somebody's: no sandboxes, no earlier attempts. `all`: these too.
std::vector<container::Container> Everything(const container::Inventory& inventory, bool all);

// A sentence where there is no runtime to ask, and where it was looked for; else empty.
std::string NoRuntime(const container::Inventory& inventory);

}  // namespace podtap::cli
