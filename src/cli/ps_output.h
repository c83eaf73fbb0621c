// What podtap ps prints: a table, or JSON of the schema podtap.ps/v1 (docs/ps.md).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cgroup/tree.h"
#include "container/inventory.h"

namespace podtap::cli {

struct PsContent {
  const container::Inventory& inventory;
  const std::vector<container::Container>& containers;  // to be shown
  const cgroup::Tree& tree;                             // for the memory in use
  int64_t now_unix_ns = 0;
};

std::string FormatPsTable(const PsContent& content, bool wide);
std::string FormatPsJson(const PsContent& content);

}  // namespace podtap::cli
