// fault.*, told by the kernel's log (arch/x86/mm/fault.c, arch/x86/kernel/traps.c).
//
//   server[7942]: segfault at 8 ip 00005555555551a3 sp … error 4 in server[1139,5555…+1000]
//   traps: server[7942] general protection fault ip:… sp:… error:0 in …
//   traps: server[7942] trap invalid opcode ip:…
#include <array>

#include "verdict/rules/told.h"
#include "verdict/signal.h"
#include "verdict/windows.h"
#include "verdict/wording.h"

namespace podtap::verdict {
namespace {

struct Kind {
  std::string_view text;  // behind "]"
  int32_t signal;
  Cause cause;
};
constexpr std::array kKinds = {
    Kind{": segfault at ", kSigSegv, Cause::kFaultSegv},
    Kind{" general protection fault ", kSigSegv, Cause::kFaultSegv},
    Kind{" general protection ip:", kSigSegv, Cause::kFaultSegv},
    Kind{" trap invalid opcode ", kSigIll, Cause::kFaultIll},
    Kind{" trap divide error ", kSigFpe, Cause::kFaultFpe},
    Kind{" trap int3 ", kSigTrap, Cause::kFaultTrap},
    Kind{" trap stack segment ", kSigBus, Cause::kFaultBus},
};

// The number in "server[7942]" right before `at`.
std::optional<int64_t> PidBefore(std::string_view text, size_t at) {
  const std::string_view head = text.substr(0, at);
  const size_t open = head.rfind('[');
  if (open == std::string_view::npos || !head.ends_with(']')) return std::nullopt;
  return NumberAfter(head.substr(open), "[");
}

}  // namespace

std::optional<Finding> ToldFault(const Scene& scene) {
  if (!NothingSeen(scene)) return std::nullopt;
  for (const auto& log : scene.view.All<store::LogLine>()) {
    if (!Near(scene, log.at, kOomAnswer)) continue;
    const std::string_view text = log->text;
    for (const Kind& kind : kKinds) {
      const size_t at = text.find(kind.text);
      if (at == std::string_view::npos || !IsAboutInit(scene, PidBefore(text, at))) continue;
      const std::optional<int32_t> code = ShownCode(scene);
      if (code && *code != 128 + kind.signal) continue;
      return Told(kind.cause,
                  scene.subject_name() + " crashed by " + SignalName(kind.signal) +
                      ", the kernel's log says.",
                  log.row, "the kernel's log: " + std::string(text));
    }
  }
  return std::nullopt;
}

}  // namespace podtap::verdict
