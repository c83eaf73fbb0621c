#include "store/rows.h"

namespace podtap::store {
namespace {

constexpr size_t kShortId = 12;  // as docker ps shows

}  // namespace

std::string ShortId(const DeathRow& row) {
  const std::string id = row.container_id.substr(0, kShortId);
  const bool known = row.runtime != container::RuntimeName(container::RuntimeKind::kUnknown);
  return known ? row.runtime + "://" + id : id;
}

std::string TargetOf(const DeathRow& row) {
  if (row.pod.empty()) return row.name.empty() ? ShortId(row) : row.name;
  const std::string pod = row.ns.empty() ? row.pod : row.ns + "/" + row.pod;
  return row.is_sandbox || row.name.empty() ? pod : pod + "/" + row.name;
}

}  // namespace podtap::store
