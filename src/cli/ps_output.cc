#include "cli/ps_output.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/json_text.h"
#include "base/signal_name.h"
#include "cgroup/memory.h"
#include "cgroup/path.h"
#include "cli/table.h"
#include "container/exit_text.h"
#include "container/target.h"
#include "print/json.h"

namespace podtap::cli {
namespace {

using container::Container;
using Json = nlohmann::ordered_json;

constexpr size_t kShortId = 12;

std::string Bytes(uint64_t bytes) {
  constexpr const char* kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  double value = static_cast<double>(bytes);
  size_t unit = 0;
  for (; value >= 1024 && unit + 1 < std::size(kUnits); ++unit) value /= 1024;
  return unit == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.1f} {}", value, kUnits[unit]);
}

std::optional<uint64_t> MemoryInUse(const cgroup::Tree& tree, const Container& one) {
  if (one.cgroup_path.empty()) return std::nullopt;
  const auto memory = cgroup::ReadMemory(tree, one.cgroup_path);
  return memory ? memory->usage : std::nullopt;
}

std::string MemoryCell(const PsContent& content, const Container& one) {
  const auto used = MemoryInUse(content.tree, one);
  if (!used && one.memory_limit == 0) return "";
  return (used ? Bytes(*used) : "?") + " / " +
         (one.memory_limit == 0 ? "none" : Bytes(static_cast<uint64_t>(one.memory_limit)));
}

std::string Number(int64_t number) { return number == 0 ? "" : std::to_string(number); }

std::string AgeCell(const PsContent& content, int64_t unix_ns) {
  return unix_ns == 0 ? "" : container::DescribeAge(content.now_unix_ns - unix_ns);
}

std::vector<std::string> Row(const PsContent& content, const Container& one, bool wide) {
  std::vector<std::string> cells = {
      one.pod.ns,
      // A pod that only a cgroup tells of has no name.
      one.pod.name.empty() ? one.pod.uid : one.pod.name, one.is_sandbox ? "(sandbox)" : one.name,
      one.id.value.substr(0, kShortId),
      one.runtime == container::RuntimeKind::kUnknown ? "" : RuntimeName(one.runtime),
      Number(one.init_pid), StateName(one.state),
      one.id.value.empty() ? "" : std::to_string(one.restarts),
      container::DescribeLastExit(one, content.now_unix_ns)};
  if (wide) {
    const bool runs = one.state == container::State::kRunning;
    cells.push_back(runs ? AgeCell(content, one.started_unix_ns) : "");
    cells.push_back(MemoryCell(content, one));
    cells.push_back(one.image);
    cells.push_back(one.cgroup.value == 0 ? "" : std::to_string(one.cgroup.value));
    cells.push_back(one.cgroup_path);
  }
  return cells;
}

Json Text(const std::string& text) { return text.empty() ? Json() : Json(text); }
Json NumberOrNull(int64_t number) { return number == 0 ? Json() : Json(number); }

Json Time(int64_t unix_ns) {
  if (unix_ns == 0) return {};
  std::string text;
  print::JsonTime().Append(unix_ns, text);
  return Json(text);
}

Json ExitJson(const Container& one) {
  if (!one.last_exit) {
    if (one.last_end_unix_ns == 0) return {};
    return {{"code", nullptr}, {"finished", Time(one.last_end_unix_ns)}};
  }
  const container::RuntimeExit& exit = *one.last_exit;
  const int32_t signal = container::SignalOfExitCode(exit.exit_code);
  return {{"code", exit.exit_code},
          {"signal", signal == 0 ? Json() : Json(SignalName(signal))},
          {"reason", Text(exit.reason)},
          {"message", Text(exit.message)},
          {"oom_killed", exit.oom_killed},
          {"started", Time(exit.started_unix_ns)},
          {"finished", Time(exit.finished_unix_ns)}};
}

Json ContainerJson(const PsContent& content, const Container& one) {
  const auto used = MemoryInUse(content.tree, one);
  return {{"target", TargetOf(one)},
          {"namespace", Text(one.pod.ns)},
          {"pod", Text(one.pod.name)},
          {"pod_uid", Text(one.pod.uid)},
          {"qos", Text(QosName(cgroup::ParsePath(one.cgroup_path).qos))},
          {"sandbox_id", Text(one.pod.sandbox)},
          {"is_sandbox", one.is_sandbox},
          {"superseded", content.inventory.IsSuperseded(one)},
          {"container", Text(one.name)},
          {"id", Text(one.id.value)},
          {"runtime", RuntimeName(one.runtime)},
          {"image", Text(one.image)},
          {"pid", NumberOrNull(one.init_pid)},
          {"state", StateName(one.state)},
          {"restarts", one.restarts},
          {"created", Time(one.created_unix_ns)},
          {"started", Time(one.started_unix_ns)},
          {"last_exit", ExitJson(one)},
          {"stop_signal", Text(one.stop_signal)},
          {"stop_timeout_s", NumberOrNull(one.stop_timeout_s)},
          {"restart_policy", Text(one.restart_policy)},
          {"cgroup", Text(one.cgroup_path)},
          {"cgroup_id", one.cgroup.value == 0 ? Json() : Json(one.cgroup.value)},
          {"memory_bytes", used ? Json(*used) : Json()},
          {"memory_limit_bytes", NumberOrNull(one.memory_limit)}};
}

Json RuntimeJson(const container::RuntimeReport& runtime) {
  return {{"runtime", RuntimeName(runtime.kind)},
          {"version", Text(runtime.version)},
          {"socket", runtime.socket},
          {"answered", !runtime.problem && !runtime.no_cri},
          {"problem", runtime.problem  ? Json(runtime.problem->Message())
                      : runtime.no_cri ? Json("it doesn't offer the CRI")
                                       : Json()},
          {"containers", runtime.containers},
          {"milliseconds", static_cast<double>(runtime.took_us) / 1000}};
}

}  // namespace

std::string FormatPsTable(const PsContent& content, bool wide) {
  std::vector<std::vector<std::string>> rows = {
      {"NAMESPACE", "POD", "CONTAINER", "ID", "RUNTIME", "PID", "STATE", "RESTARTS", "LAST EXIT"}};
  if (wide) {
    rows[0].insert(rows[0].end(), {"AGE", "MEMORY", "IMAGE", "CGROUP ID", "CGROUP"});
  }
  for (const Container& one : content.containers) rows.push_back(Row(content, one, wide));
  return FormatTable(rows);
}

std::string FormatPsJson(const PsContent& content) {
  Json containers = Json::array();
  for (const Container& one : content.containers) {
    containers.push_back(ContainerJson(content, one));
  }
  Json runtimes = Json::array();
  for (const auto& runtime : content.inventory.runtimes) runtimes.push_back(RuntimeJson(runtime));
  const Json root = {{"schema", "podtap.ps/v1"},
                     {"time", Time(content.now_unix_ns)},
                     {"cgroup_version", VersionName(content.tree.hierarchies().version)},
                     {"containers", std::move(containers)},
                     {"runtimes", std::move(runtimes)},
                     {"looked_at", content.inventory.looked_at}};
  return JsonText(root, 2) + "\n";
}

}  // namespace podtap::cli
