#include "container/cri_messages.h"

#include <cri.pb.h>

#include <algorithm>
#include <csignal>
#include <map>
#include <nlohmann/json.hpp>
#include <tuple>

#include "base/signal_name.h"
#include "container/json.h"
#include "container/kubernetes_labels.h"

namespace podtap::container {
namespace {

constexpr State kContainerStates[] = {State::kCreated, State::kRunning, State::kExited,
                                      State::kUnknown};
constexpr const char* kEventActions[] = {"create", "start", "die", "destroy"};
// In CRI's order, from 1.
constexpr int32_t kCriSignals[] = {
    SIGABRT, SIGALRM,   SIGBUS,  SIGCHLD,   SIGCHLD,  SIGCONT, SIGFPE,  SIGHUP,  SIGILL,
    SIGINT,  SIGIO,     SIGABRT, SIGKILL,   SIGPIPE,  SIGIO,   SIGPROF, SIGPWR,  SIGQUIT,
    SIGSEGV, SIGSTKFLT, SIGSTOP, SIGSYS,    SIGTERM,  SIGTRAP, SIGTSTP, SIGTTIN, SIGTTOU,
    SIGURG,  SIGUSR1,   SIGUSR2, SIGVTALRM, SIGWINCH, SIGXCPU, SIGXFSZ};
constexpr int32_t kCriFirstRealTime = 35;
constexpr int32_t kCriLast = 65;

State StateOf(int32_t cri) { return cri >= 0 && cri < 4 ? kContainerStates[cri] : State::kUnknown; }

template <typename Message>
std::optional<Message> Parse(const std::string& bytes) {
  Message message;
  if (!message.ParseFromString(bytes)) return std::nullopt;
  return message;
}

template <typename Message>
std::string Write(const Message& message) {
  return message.SerializeAsString();
}

template <typename Labels>
auto LabelOf(const Labels& labels) {
  return [&labels](const char* key) {
    const auto found = labels.find(key);
    return found == labels.end() ? std::string() : found->second;
  };
}

int32_t Attempt(uint32_t attempt) {
  return static_cast<int32_t>(std::min<uint32_t>(attempt, INT32_MAX));
}

void ApplyStatus(const cri::ContainerStatus& status, Container& container) {
  container.id.value = status.id();
  container.name = status.metadata().name();
  container.restarts = Attempt(status.metadata().attempt());
  container.state = StateOf(status.state());
  container.created_unix_ns = status.created_at();
  container.started_unix_ns = status.started_at();
  if (const std::string& asked = status.image().user_specified_image(); !asked.empty()) {
    container.image = asked;
  } else if (container.image.empty()) {
    container.image = status.image().image();
  }
  const int32_t signal = CriSignal(status.stop_signal());
  if (signal != 0) container.stop_signal = SignalName(signal);
  std::string sandbox = std::move(container.pod.sandbox);
  ApplyKubernetesLabels(LabelOf(status.labels()), container);
  container.pod.sandbox = std::move(sandbox);
  if (container.state != State::kExited) return;
  container.last_exit = RuntimeExit{.exit_code = status.exit_code(),
                                    .reason = status.reason(),
                                    .message = status.message(),
                                    .oom_killed = status.reason() == "OOMKilled",
                                    .started_unix_ns = status.started_at(),
                                    .finished_unix_ns = status.finished_at()};
}

// Keeps the number at the top's "pid" and forgets the rest: the text holds the whole
// specification of the container.
class PidReader : public nlohmann::json_sax<nlohmann::json> {
 public:
  int64_t pid = 0;

  bool null() override { return Value(); }
  bool boolean(bool) override { return Value(); }
  bool number_integer(int64_t number) override { return Number(number); }
  bool number_unsigned(uint64_t number) override {
    return Number(number > INT32_MAX ? 0 : static_cast<int64_t>(number));
  }
  bool number_float(double, const std::string&) override { return Value(); }
  bool string(std::string&) override { return Value(); }
  bool binary(nlohmann::json::binary_t&) override { return Value(); }
  bool start_object(size_t) override { return Open(); }
  bool end_object() override { return Close(); }
  bool start_array(size_t) override { return Open(); }
  bool end_array() override { return Close(); }
  bool key(std::string& name) override {
    at_pid_ = depth_ == 1 && name == "pid";
    return true;
  }
  bool parse_error(size_t, const std::string&, const nlohmann::json::exception&) override {
    return false;
  }

 private:
  bool Value() {
    at_pid_ = false;
    return true;
  }
  bool Number(int64_t number) {
    if (!at_pid_) return true;
    pid = number;
    return false;  // nothing else is of interest
  }
  bool Open() {
    ++depth_;
    return Value();
  }
  bool Close() {
    --depth_;
    return Value();
  }

  size_t depth_ = 0;
  bool at_pid_ = false;
};

template <typename Info>
int32_t PidOf(const Info& info) {
  const auto found = info.find("info");
  return found == info.end() ? 0 : ParseCriInfoPid(found->second);
}

}  // namespace

int32_t CriSignal(int32_t cri) {
  if (cri >= kCriFirstRealTime && cri <= kCriLast) return cri - 1;
  return cri >= 1 && cri < kCriFirstRealTime ? kCriSignals[cri - 1] : 0;
}

int32_t ParseCriInfoPid(std::string_view json) {
  PidReader reader;
  nlohmann::json::sax_parse(json, &reader);
  return reader.pid > 0 && reader.pid <= INT32_MAX ? static_cast<int32_t>(reader.pid) : 0;
}

std::optional<std::vector<CriEntry>> ParseCriContainers(const std::string& bytes,
                                                        RuntimeKind runtime) {
  const auto list = Parse<cri::ListContainersResponse>(bytes);
  if (!list) return std::nullopt;
  std::vector<CriEntry> entries;
  for (const cri::Container& listed : list->containers()) {
    CriEntry entry;
    entry.sandbox = listed.pod_sandbox_id();
    Container& container = entry.container;
    container.runtime = runtime;
    ApplyKubernetesLabels(LabelOf(listed.labels()), container);
    container.pod.sandbox = listed.pod_sandbox_id();
    container.id.value = listed.id();
    container.name = listed.metadata().name();
    container.restarts = Attempt(listed.metadata().attempt());
    container.image = listed.image().user_specified_image().empty()
                          ? listed.image().image()
                          : listed.image().user_specified_image();
    container.state = StateOf(listed.state());
    container.created_unix_ns = listed.created_at();
    entries.push_back(std::move(entry));
  }
  return entries;
}

std::optional<std::vector<Container>> ParseCriSandboxes(const std::string& bytes,
                                                        RuntimeKind runtime) {
  const auto list = Parse<cri::ListPodSandboxResponse>(bytes);
  if (!list) return std::nullopt;
  std::vector<Container> sandboxes;
  for (const cri::PodSandbox& listed : list->items()) {
    Container sandbox;
    sandbox.runtime = runtime;
    sandbox.is_sandbox = true;
    sandbox.id.value = listed.id();
    sandbox.pod = {listed.metadata().name(), listed.metadata().namespace_(),
                   listed.metadata().uid(), listed.id()};
    sandbox.restarts = Attempt(listed.metadata().attempt());
    sandbox.state = listed.state() == 0 ? State::kRunning : State::kExited;
    sandbox.created_unix_ns = listed.created_at();
    sandboxes.push_back(std::move(sandbox));
  }
  return sandboxes;
}

bool ApplyCriContainerStatus(const std::string& bytes, Container& container) {
  const auto answer = Parse<cri::ContainerStatusResponse>(bytes);
  if (!answer || answer->status().id().empty()) return false;
  ApplyStatus(answer->status(), container);
  container.init_pid = container.state == State::kRunning ? PidOf(answer->info()) : 0;
  return true;
}

std::vector<std::string> ParseCriCommand(const std::string& bytes) {
  std::vector<std::string> command;
  const auto answer = Parse<cri::ContainerStatusResponse>(bytes);
  if (!answer) return command;
  const auto info = answer->info().find("info");
  if (info == answer->info().end()) return command;
  const auto root = ParseJson(info->second);
  if (!root) return command;
  const nlohmann::json& process = Member(Member(*root, "runtimeSpec"), "process");
  for (const nlohmann::json& arg : Member(process, "args")) command.push_back(TextOf(arg));
  return command;
}

bool ApplyCriSandboxStatus(const std::string& bytes, Container& container) {
  const auto answer = Parse<cri::PodSandboxStatusResponse>(bytes);
  if (!answer || answer->status().id().empty()) return false;
  const cri::PodSandboxStatus& status = answer->status();
  container.is_sandbox = true;
  container.id.value = status.id();
  container.pod = {status.metadata().name(), status.metadata().namespace_(),
                   status.metadata().uid(), status.id()};
  container.restarts = Attempt(status.metadata().attempt());
  container.state = status.state() == 0 ? State::kRunning : State::kExited;
  container.created_unix_ns = status.created_at();
  container.init_pid = container.state == State::kRunning ? PidOf(answer->info()) : 0;
  return true;
}

void JoinAttempts(std::vector<Container>& containers) {
  using Key = std::tuple<std::string, std::string, int32_t>;
  std::map<Key, const Container*> by_attempt;
  const auto key = [](const Container& container) {
    return Key{container.pod.uid, container.name, container.restarts};
  };
  for (const Container& container : containers) {
    if (!container.is_sandbox && !container.pod.uid.empty()) {
      by_attempt.emplace(key(container), &container);
    }
  }
  for (Container& container : containers) {
    if (container.last_exit || container.is_sandbox || container.pod.uid.empty()) continue;
    const auto self = by_attempt.find(key(container));
    if (self == by_attempt.end() || self == by_attempt.begin()) continue;
    const Container& before = *std::prev(self)->second;
    if (before.pod.uid == container.pod.uid && before.name == container.name) {
      container.last_exit = before.last_exit;
    }
  }
}

std::optional<RuntimeEvent> ParseCriEvent(const std::string& bytes, RuntimeKind runtime) {
  const auto message = Parse<cri::ContainerEventResponse>(bytes);
  if (!message || message->container_id().empty()) return std::nullopt;
  const int32_t type = message->container_event_type();
  if (type < 0 || type >= 4) return std::nullopt;
  RuntimeEvent event;
  event.runtime = runtime;
  event.action = kEventActions[type];
  event.container.value = message->container_id();
  event.time_unix_ns = message->created_at();
  const cri::PodSandboxMetadata& pod = message->pod_sandbox_status().metadata();
  event.pod = {pod.name(), pod.namespace_(), pod.uid(), message->pod_sandbox_status().id()};
  for (const cri::ContainerStatus& status : message->containers_statuses()) {
    if (status.id() != message->container_id()) continue;
    event.name = status.metadata().name();
    if (event.action == "die" && status.finished_at() != 0) {
      event.exit_code = status.exit_code();
      event.message = status.reason();
    }
  }
  return event;
}

std::optional<CriVersion> ParseCriVersion(const std::string& bytes) {
  const auto answer = Parse<cri::VersionResponse>(bytes);
  if (!answer) return std::nullopt;
  return CriVersion{answer->runtime_name(), answer->runtime_version()};
}

std::string CriVersionRequest() { return Write(cri::VersionRequest()); }
std::string CriListRequest() { return Write(cri::ListContainersRequest()); }

std::string CriContainerStatusRequest(const std::string& id, bool verbose) {
  cri::ContainerStatusRequest request;
  request.set_container_id(id);
  request.set_verbose(verbose);
  return Write(request);
}

std::string CriSandboxStatusRequest(const std::string& id, bool verbose) {
  cri::PodSandboxStatusRequest request;
  request.set_pod_sandbox_id(id);
  request.set_verbose(verbose);
  return Write(request);
}

}  // namespace podtap::container
