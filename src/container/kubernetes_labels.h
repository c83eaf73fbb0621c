// The labels that the kubelet puts on every container → pod, name and role.
//
// The CRI tells the same by fields; behind Docker (dockershim, cri-dockerd) the labels
// are all there is.
#pragma once

#include <functional>
#include <string>

#include "container/container.h"

namespace podtap::container {

// `label` gives a label's value, "" for one that isn't there. Fills in pod, is_sandbox and,
// for a container of a pod, its name there; leaves the rest as it is.
void ApplyKubernetesLabels(const std::function<std::string(const char*)>& label,
                           Container& container);

}  // namespace podtap::container
