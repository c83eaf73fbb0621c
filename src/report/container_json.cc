#include "report/container_json.h"

namespace podtap::report {
namespace {

using Json = nlohmann::ordered_json;

void Put(Json& out, const char* name, const std::string& value) {
  if (!value.empty()) out[name] = value;
}

}  // namespace

Json PodJson(const container::Pod& pod) {
  Json json = Json::object();
  Put(json, "name", pod.name);
  Put(json, "namespace", pod.ns);
  Put(json, "uid", pod.uid);
  return json;
}

Json ContainerJson(const container::Container& container) {
  Json json = Json::object();
  if (container.runtime != container::RuntimeKind::kUnknown) {
    json["runtime"] = container::RuntimeName(container.runtime);
  }
  Put(json, "id", container.id.value);
  Put(json, "name", container.name);
  Put(json, "image", container.image);
  Put(json, "cgroup", container.cgroup_path);
  return json;
}

void PutContainer(Json& out, const container::Container& container) {
  out["container"] = ContainerJson(container);
  const Json pod = PodJson(container.pod);
  if (!pod.empty()) out["pod"] = pod;
}

}  // namespace podtap::report
