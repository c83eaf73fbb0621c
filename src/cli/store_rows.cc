#include "cli/store_rows.h"

namespace podtap::cli {
namespace {

int64_t UnixNs(const store::Death& death) { return death.at.value + death.real_minus_boot_ns; }

std::string CulpritOf(const verdict::Verdict& verdict) {
  const verdict::Culprit* culprit = verdict::Blamed(verdict);
  if (culprit == nullptr) return "";
  if (!culprit->process) return std::string(verdict::CulpritKindName(culprit->kind));
  return culprit->process->comm + "(" + std::to_string(culprit->process->key.pid.value) + ")";
}

}  // namespace

store::LifeRow LifeRowOf(const container::Container& container, int64_t started_unix_ns) {
  store::LifeRow row{.container_id = container.id.value,
                     .started_unix_ns = container.started_unix_ns > 0 ? container.started_unix_ns
                                                                      : started_unix_ns,
                     .runtime = std::string(container::RuntimeName(container.runtime)),
                     .ns = container.pod.ns,
                     .pod = container.pod.name,
                     .name = container.name,
                     .image = container.image,
                     .cgroup_path = container.cgroup_path,
                     .restarts = static_cast<uint32_t>(container.restarts)};
  if (container.memory_limit > 0) {
    row.memory_limit = static_cast<uint64_t>(container.memory_limit);
  }
  return row;
}

store::DeathRow DeathRowOf(const store::Death& death, const verdict::Verdict& verdict) {
  const container::Container& container = death.container;
  return {.unix_ns = UnixNs(death),
          .container_id = container.id.value,
          .runtime = std::string(container::RuntimeName(container.runtime)),
          .ns = container.pod.ns,
          .pod = container.pod.name,
          .name = container.name,
          .cause = std::string(verdict::CauseName(verdict.cause)),
          .confidence = std::string(verdict::ConfidenceName(verdict.confidence)),
          .headline = verdict.headline,
          .culprit = CulpritOf(verdict),
          .exit_status = death.exit_status,
          .is_sandbox = container.is_sandbox};
}

store::IncidentRow IncidentRowOf(const store::Death& death, const verdict::Verdict& verdict) {
  return {.unix_ns = UnixNs(death),
          .name = death.container.name,
          .kind = std::string(verdict::CauseName(verdict.cause)),
          .culprit = CulpritOf(verdict),
          .text = verdict.headline};
}

}  // namespace podtap::cli
