// Any bytes as Docker's answers and events, as the CRI's messages and its verbose JSON, as
// a target.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "container/cri_messages.h"
#include "container/docker_json.h"
#include "container/exit_text.h"
#include "container/rfc3339.h"
#include "container/target.h"

namespace {

void Require(bool truth) {
  if (!truth) std::abort();
}

void CheckContainer(const podtap::container::Container& container) {
  Require(container.init_pid >= 0);
  Require(container.restarts >= 0);
  Require(container.memory_limit >= 0);
  static_cast<void>(podtap::container::DescribeLastExit(container, 1'700'000'000'000'000'000));
  static_cast<void>(TargetOf(container));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace podtap::container;
  const std::string text(reinterpret_cast<const char*>(data), size);
  static_cast<void>(ParseDockerIds(text));
  static_cast<void>(ParseDockerMessage(text));
  static_cast<void>(ParseRfc3339(text));
  static_cast<void>(ParseTarget(text));
  Require(ParseCriInfoPid(text) >= 0);
  if (const auto container = ParseDockerInspect(text, RuntimeKind::kDocker)) {
    Require(!container->id.value.empty());
    CheckContainer(*container);
  }
  if (const auto event = ParseDockerEvent(text, RuntimeKind::kPodman)) {
    Require(!event->action.empty() && !event->container.value.empty());
  }
  if (auto entries = ParseCriContainers(text, RuntimeKind::kContainerd)) {
    std::vector<Container> containers;
    for (CriEntry& entry : *entries) {
      CheckContainer(entry.container);
      containers.push_back(std::move(entry.container));
    }
    JoinAttempts(containers);
  }
  if (const auto sandboxes = ParseCriSandboxes(text, RuntimeKind::kCrio)) {
    for (const Container& sandbox : *sandboxes) CheckContainer(sandbox);
  }
  Container container;
  if (ApplyCriContainerStatus(text, container)) CheckContainer(container);
  static_cast<void>(ApplyCriSandboxStatus(text, container));
  static_cast<void>(ParseCriEvent(text, RuntimeKind::kContainerd));
  static_cast<void>(ParseCriVersion(text));
  return 0;
}
