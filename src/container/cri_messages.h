// Messages of the CRI → containers and events. No connection; what stands in the
// messages may be anything.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "container/runtime.h"

namespace podtap::container {

// A container as ListContainers tells of it, before its status is known.
struct CriEntry {
  Container container;
  std::string sandbox;
};

// ListContainersResponse and ListPodSandboxResponse. nullopt: not such a message.
std::optional<std::vector<CriEntry>> ParseCriContainers(const std::string& bytes,
                                                        RuntimeKind runtime);
std::optional<std::vector<Container>> ParseCriSandboxes(const std::string& bytes,
                                                        RuntimeKind runtime);

// ContainerStatusResponse, PodSandboxStatusResponse: fills in what they tell, on top of
// what is known. False: not such a message.
bool ApplyCriContainerStatus(const std::string& bytes, Container& container);
bool ApplyCriSandboxStatus(const std::string& bytes, Container& container);

// The command in a verbose ContainerStatusResponse, as containerd and CRI-O have it in the
// JSON of its info (runtimeSpec.process.args); empty: it isn't there.
std::vector<std::string> ParseCriCommand(const std::string& bytes);

// The pid in the JSON of a verbose status' info; 0: none.
int32_t ParseCriInfoPid(std::string_view json);

// A container that was started again has its end in the entry of the attempt before
// (same pod, same name): copies it to last_exit of the later one.
void JoinAttempts(std::vector<Container>& containers);

// A message of GetContainerEvents. nullopt: of no interest.
std::optional<RuntimeEvent> ParseCriEvent(const std::string& bytes, RuntimeKind runtime);

// CRI's own numbering of signals (kubernetes 1.33) → Linux'. 0: the runtime's default.
int32_t CriSignal(int32_t cri);

struct CriVersion {
  std::string runtime;  // "containerd"
  std::string version;
};
std::optional<CriVersion> ParseCriVersion(const std::string& bytes);

// Requests.
std::string CriVersionRequest();
std::string CriContainerStatusRequest(const std::string& id, bool verbose);
std::string CriSandboxStatusRequest(const std::string& id, bool verbose);
// Of containers, sandboxes and events alike: all of them.
std::string CriListRequest();

}  // namespace podtap::container
