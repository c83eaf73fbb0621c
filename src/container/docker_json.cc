#include "container/docker_json.h"

#include <algorithm>
#include <array>

#include "base/signal_name.h"
#include "container/json.h"
#include "container/kubernetes_labels.h"
#include "container/rfc3339.h"

namespace podtap::container {
namespace {

using nlohmann::json;

struct StateWord {
  std::string_view word;
  State state;
};
// State.Status of Docker, and what Podman adds.
constexpr StateWord kStates[] = {
    {"created", State::kCreated},     {"running", State::kRunning},
    {"paused", State::kPaused},       {"restarting", State::kRestarting},
    {"removing", State::kExited},     {"exited", State::kExited},
    {"dead", State::kExited},         {"configured", State::kCreated},
    {"initialized", State::kCreated}, {"stopping", State::kRunning},
    {"stopped", State::kExited},
};

// Actions that podtap hears, by Docker's name; Podman has names of its own for some.
struct ActionWord {
  std::string_view word;
  std::string_view action;
};
constexpr ActionWord kActions[] = {
    {"rename", "rename"},  {"create", "create"},   {"start", "start"},     {"kill", "kill"},
    {"oom", "oom"},        {"die", "die"},         {"died", "die"},        {"stop", "stop"},
    {"pause", "pause"},    {"restart", "restart"}, {"unpause", "unpause"}, {"destroy", "destroy"},
    {"remove", "destroy"},
};

std::string_view WithoutSlash(std::string_view name) {
  if (name.starts_with('/')) name.remove_prefix(1);
  return name;
}

int32_t Narrow(int64_t number) {
  return number < INT32_MIN || number > INT32_MAX ? 0 : static_cast<int32_t>(number);
}

std::optional<RuntimeExit> ParseExit(const json& state, const Container& container) {
  const bool ended = container.state == State::kExited || container.state == State::kRestarting;
  const auto code = Narrow(NumberOf(Member(state, "ExitCode")));
  RuntimeExit exit;
  exit.exit_code = code;
  exit.message = TextOf(Member(state, "Error"));
  exit.oom_killed = TruthOf(Member(state, "OOMKilled"));
  exit.finished_unix_ns = ParseRfc3339(TextOf(Member(state, "FinishedAt")));
  exit.started_unix_ns = container.started_unix_ns;
  // One that was made and couldn't be started says so by code and error.
  const bool failed = container.state == State::kCreated && (code != 0 || !exit.message.empty());
  return ended || failed ? std::optional(exit) : std::nullopt;
}

}  // namespace

std::optional<std::vector<std::string>> ParseDockerIds(std::string_view text) {
  const auto list = ParseJson(text);
  if (!list || !list->is_array()) return std::nullopt;
  std::vector<std::string> ids;
  for (const json& element : *list) {
    std::string id = TextOf(Member(element, "Id"));
    if (id.empty()) return std::nullopt;
    ids.push_back(std::move(id));
  }
  return ids;
}

std::optional<Container> ParseDockerInspect(std::string_view text, RuntimeKind runtime) {
  const auto root = ParseJson(text);
  if (!root) return std::nullopt;
  Container container;
  container.runtime = runtime;
  container.id.value = TextOf(Member(*root, "Id"));
  const json& state = Member(*root, "State");
  if (container.id.value.empty() || !state.is_object()) return std::nullopt;
  container.name = WithoutSlash(TextOf(Member(*root, "Name")));
  const json& config = Member(*root, "Config");
  container.image = TextOf(Member(config, "Image"));
  if (std::string path = TextOf(Member(*root, "Path")); !path.empty()) {
    container.command.push_back(std::move(path));
  }
  for (const json& arg : Member(*root, "Args")) container.command.push_back(TextOf(arg));

  const std::string status = TextOf(Member(state, "Status"));
  for (const StateWord& row : kStates) {
    if (row.word == status) container.state = row.state;
  }
  container.init_pid = std::max(0, Narrow(NumberOf(Member(state, "Pid"))));
  container.created_unix_ns = ParseRfc3339(TextOf(Member(*root, "Created")));
  container.started_unix_ns = ParseRfc3339(TextOf(Member(state, "StartedAt")));
  container.restarts = std::max(0, Narrow(NumberOf(Member(*root, "RestartCount"))));
  container.last_exit = ParseExit(state, container);
  if (!container.last_exit) {
    // Docker keeps the time of the last end when it starts again, but not the code.
    container.last_end_unix_ns = ParseRfc3339(TextOf(Member(state, "FinishedAt")));
  }

  const json& host = Member(*root, "HostConfig");
  container.memory_limit = std::max<int64_t>(0, NumberOf(Member(host, "Memory")));
  container.restart_policy = TextOf(Member(Member(host, "RestartPolicy"), "Name"));
  const json& signal = Member(config, "StopSignal");
  // Podman gives a number.
  const std::string signal_text =
      signal.is_number() ? std::to_string(NumberOf(signal)) : TextOf(signal);
  const int32_t stop_signal = SignalNumber(signal_text);
  container.stop_signal = SignalName(stop_signal == 0 ? 15 : stop_signal);
  container.stop_timeout_s = std::max(0, Narrow(NumberOf(Member(config, "StopTimeout"))));
  ApplyKubernetesLabels([labels = &Member(config, "Labels")](
                            const char* key) { return TextOf(Member(*labels, key)); },
                        container);
  return container;
}

std::optional<RuntimeEvent> ParseDockerEvent(std::string_view line, RuntimeKind runtime) {
  const auto root = ParseJson(line);
  if (!root) return std::nullopt;
  if (const json& type = Member(*root, "Type"); !type.is_null() && TextOf(type) != "container") {
    return std::nullopt;
  }
  RuntimeEvent event;
  event.runtime = runtime;
  std::string action = TextOf(Member(*root, "Action"));
  if (action.empty()) action = TextOf(Member(*root, "status"));
  for (const ActionWord& row : kActions) {
    if (row.word == action) event.action = row.action;
  }
  const json& actor = Member(*root, "Actor");
  event.container.value = TextOf(Member(actor, "ID"));
  if (event.container.value.empty()) event.container.value = TextOf(Member(*root, "id"));
  if (event.action.empty() || event.container.value.empty()) return std::nullopt;
  event.time_unix_ns = NumberOf(Member(*root, "timeNano"));

  const json& attributes = Member(actor, "Attributes");
  const auto attribute = [&](const char* key) { return TextOf(Member(attributes, key)); };
  event.name = attribute("name");
  if (event.action == "kill") event.signal = SignalNumber(attribute("signal"));
  if (event.action == "die") {
    // Podman before 4.4 says containerExitCode.
    for (const char* key : {"exitCode", "containerExitCode"}) {
      const auto code = ParseJson(attribute(key));
      if (code && code->is_number_integer()) event.exit_code = Narrow(NumberOf(*code));
    }
  }
  Container labelled;
  ApplyKubernetesLabels(attribute, labelled);
  event.pod = labelled.pod;
  if (!labelled.name.empty()) event.name = labelled.name;
  return event;
}

std::string ParseDockerMessage(std::string_view text) {
  const auto root = ParseJson(text);
  return root ? TextOf(Member(*root, "message")) : "";
}

}  // namespace podtap::container
