#include "cli/doctor_checks.h"

#include <array>

#include "cli/exit_status.h"

namespace podtap::cli {
namespace {

constexpr std::array kChecks = {
    Check{"kernel", CheckKernel},     Check{"btf", CheckBtf},
    Check{"lockdown", CheckLockdown}, Check{"capabilities", CheckCapabilities},
    Check{"memlock", CheckMemlock},   Check{"tracepoints", CheckTracepoints},
    Check{"bpf", CheckBpf},           Check{"tracefs", CheckTracefs},
    Check{"pids", CheckPids},         Check{"cgroups", CheckCgroups},
    Check{"runtimes", CheckRuntimes}, Check{"clients", CheckClients},
    Check{"kubelet", CheckKubelet},   Check{"logs", CheckLogs},
    Check{"clock", CheckClock},       Check{"store", CheckStore},
    Check{"recorder", CheckRecorder},
};

}  // namespace

std::span<const Check> Checks() { return kChecks; }

Checked Ok(std::string text) { return {.level = Level::kOk, .text = std::move(text)}; }

Checked Warn(std::string text, std::string remedy) {
  return {.level = Level::kWarn, .text = std::move(text), .remedy = std::move(remedy)};
}

Checked Fail(std::string text, std::string remedy, int status) {
  return {.level = Level::kFail,
          .text = std::move(text),
          .remedy = std::move(remedy),
          .status = status};
}

Checked FailBy(const Error& error, const std::string& remedy) {
  Error alone = error;
  alone.remedy.clear();
  return Fail(alone.Message(), error.remedy.empty() ? remedy : error.remedy, StatusOf(error.kind));
}

}  // namespace podtap::cli
