// A container and its pod, as every JSON of ours has them.
#pragma once

#include <nlohmann/json.hpp>

#include "container/container.h"

namespace podtap::report {

nlohmann::ordered_json PodJson(const container::Pod& pod);
nlohmann::ordered_json ContainerJson(const container::Container& container);
// {"container": …, "pod": …} as members of `out`.
void PutContainer(nlohmann::ordered_json& out, const container::Container& container);

}  // namespace podtap::report
