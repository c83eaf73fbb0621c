#include "container/kubernetes_labels.h"

namespace podtap::container {

void ApplyKubernetesLabels(const std::function<std::string(const char*)>& label,
                           Container& container) {
  std::string pod = label("io.kubernetes.pod.name");
  if (pod.empty()) return;
  container.pod.name = std::move(pod);
  container.pod.ns = label("io.kubernetes.pod.namespace");
  container.pod.uid = label("io.kubernetes.pod.uid");
  container.pod.sandbox = label("io.kubernetes.sandbox.id");
  if (label("io.kubernetes.docker.type") == "podsandbox") container.is_sandbox = true;
  // dockershim calls the sandbox's container "POD".
  if (std::string name = label("io.kubernetes.container.name"); !name.empty() && name != "POD") {
    container.name = std::move(name);
  }
}

}  // namespace podtap::container
