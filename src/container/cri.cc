// containerd and CRI-O: Kubernetes' container runtime interface.
#include "container/cri.h"

#include <algorithm>
#include <cerrno>
#include <optional>
#include <unordered_map>

#include "base/guarded.h"
#include "container/cri_messages.h"

namespace podtap::container {
namespace {

// Both versions have the same messages and differ in the service's name alone.
constexpr const char* kPrefixes[] = {"/runtime.v1.RuntimeService/",
                                     "/runtime.v1alpha2.RuntimeService/"};
constexpr const char* kList = "list the containers of";

RuntimeKind KindOf(std::string_view name) {
  if (name == "containerd") return RuntimeKind::kContainerd;
  if (name == "cri-o") return RuntimeKind::kCrio;
  if (name == "docker") return RuntimeKind::kDocker;  // cri-dockerd
  return RuntimeKind::kUnknown;
}

Error NotUnderstood(const std::string& socket) {
  return Error{.kind = ErrorKind::kInput,
               .tried = "understand the answer of",
               .on = socket,
               .reason = "it isn't what the CRI says"};
}

class Cri : public Runtime {
 public:
  Cri(HostRoot root, std::string socket, RuntimeKind kind)
      : root_(std::move(root)), socket_(std::move(socket)), service_(CriService{.kind = kind}) {}

  RuntimeKind kind() const override { return service_.Get().kind; }
  std::string version() const override { return service_.Get().version; }
  const std::string& socket() const override { return socket_; }

  Result<std::vector<Container>> List(Deadline deadline) override {
    auto opened = Open(deadline);
    if (!opened) return std::unexpected(std::move(opened.error()));
    auto& [channel, service] = *opened;
    std::vector<RpcAnswer> answers(2);
    channel->Call({{service.prefix + "ListPodSandbox", CriListRequest()},
                   {service.prefix + "ListContainers", CriListRequest()}},
                  deadline, [&](size_t i, RpcAnswer answer) { answers[i] = std::move(answer); });
    for (const RpcAnswer& answer : answers) {
      if (!answer) return std::unexpected(RpcError(kList, socket_, answer.error()));
    }
    auto sandboxes = ParseCriSandboxes(*answers[0], service.kind);
    auto entries = ParseCriContainers(*answers[1], service.kind);
    if (!sandboxes || !entries) return std::unexpected(NotUnderstood(socket_));
    auto containers = AskStatuses(*opened, *entries, *sandboxes, deadline);
    if (!containers) return containers;
    JoinAttempts(*containers);
    std::ranges::move(*sandboxes, std::back_inserter(*containers));
    return containers;
  }

  Result<Container> Inspect(const ContainerId& id, Deadline deadline) override {
    auto opened = Open(deadline);
    if (!opened) return std::unexpected(std::move(opened.error()));
    auto& [channel, service] = *opened;
    Container container;
    container.runtime = service.kind;
    const auto status = channel->Call(
        {service.prefix + "ContainerStatus", CriContainerStatusRequest(id.value, true)}, deadline);
    if (status) {
      if (!ApplyCriContainerStatus(*status, container)) {
        return std::unexpected(NotUnderstood(socket_));
      }
      container.command = ParseCriCommand(*status);
      return container;
    }
    if (status.error().code != kRpcNotFound) {
      return std::unexpected(RpcError("inspect a container of", socket_, status.error()));
    }
    const auto sandbox = channel->Call(
        {service.prefix + "PodSandboxStatus", CriSandboxStatusRequest(id.value, true)}, deadline);
    if (!sandbox) {
      return std::unexpected(RpcError("inspect a container of", socket_, sandbox.error()));
    }
    if (!ApplyCriSandboxStatus(*sandbox, container)) {
      return std::unexpected(NotUnderstood(socket_));
    }
    return container;
  }

  Result<std::unique_ptr<EventStream>> Events(const EventOptions& options) override {
    return OpenCriEvents(root_, socket_, options);
  }

 private:
  struct Opened {
    std::unique_ptr<RpcChannel> channel;
    CriService service;
  };

  Result<Opened> Open(Deadline deadline) {
    auto file = FindSocket(root_, socket_);
    if (!file) return std::unexpected(std::move(file.error()));
    auto channel = RpcChannel::Open(std::move(*file), deadline);
    if (!channel) return std::unexpected(std::move(channel.error()));
    auto service = AskCriVersion(**channel, socket_, deadline);
    if (!service) return std::unexpected(std::move(service.error()));
    if (service->kind == RuntimeKind::kUnknown) service->kind = kind();
    service_.Set(*service);
    return Opened{std::move(*channel), std::move(*service)};
  }

  // The pid stands only in the verbose status, which costs the runtime more: asked for
  // those that run.
  Result<std::vector<Container>> AskStatuses(const Opened& opened, std::vector<CriEntry>& entries,
                                             const std::vector<Container>& sandboxes,
                                             Deadline deadline) {
    std::unordered_map<std::string, const Pod*> pods;
    for (const Container& sandbox : sandboxes) pods.emplace(sandbox.id.value, &sandbox.pod);
    std::vector<RpcRequest> requests;
    for (const CriEntry& entry : entries) {
      requests.push_back({opened.service.prefix + "ContainerStatus",
                          CriContainerStatusRequest(entry.container.id.value,
                                                    entry.container.state == State::kRunning)});
    }
    std::vector<bool> gone(entries.size());
    std::optional<Error> failed;
    opened.channel->Call(requests, deadline, [&](size_t i, const RpcAnswer& answer) {
      if (!answer && answer.error().code == kRpcNotFound) {
        gone[i] = true;  // removed since the list was made
      } else if (!answer) {
        failed = RpcError(kList, socket_, answer.error());
      } else if (!ApplyCriContainerStatus(*answer, entries[i].container)) {
        failed = NotUnderstood(socket_);
      }
    });
    if (failed) return std::unexpected(std::move(*failed));
    std::vector<Container> containers;
    for (size_t i = 0; i < entries.size(); ++i) {
      if (gone[i]) continue;
      Container& container = entries[i].container;
      if (const auto pod = pods.find(entries[i].sandbox); pod != pods.end()) {
        container.pod = *pod->second;
      }
      containers.push_back(std::move(container));
    }
    return containers;
  }

  HostRoot root_;
  std::string socket_;
  Guarded<CriService> service_;
};

}  // namespace

Result<CriService> AskCriVersion(RpcChannel& channel, const std::string& socket,
                                 Deadline deadline) {
  for (const char* prefix : kPrefixes) {
    const auto answer =
        channel.Call({std::string(prefix) + "Version", CriVersionRequest()}, deadline);
    if (answer) {
      auto version = ParseCriVersion(*answer);
      if (!version) return std::unexpected(NotUnderstood(socket));
      return CriService{KindOf(version->runtime), std::move(version->version), prefix};
    }
    if (answer.error().code != kRpcUnimplemented) {
      return std::unexpected(RpcError("ask for the version of", socket, answer.error()));
    }
  }
  return std::unexpected(Error{.kind = ErrorKind::kUnsupported,
                               .tried = kList,
                               .on = socket,
                               .reason = "it doesn't offer Kubernetes' runtime interface (CRI)"});
}

std::unique_ptr<Runtime> NewCri(const HostRoot& root, std::string socket, RuntimeKind kind) {
  return std::make_unique<Cri>(root, std::move(socket), kind);
}

}  // namespace podtap::container
