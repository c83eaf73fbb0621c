// seccomp, told by the audit log (kernel/auditsc.c, audit_seccomp).
//
//   audit: type=1326 audit(…): auid=… pid=7942 comm="server" exe="/server" sig=31
//   arch=c000003e syscall=250 compat=0 ip=0x… code=0x80000000
#include "verdict/rules/told.h"
#include "verdict/signal.h"
#include "verdict/syscall.h"
#include "verdict/windows.h"
#include "verdict/wording.h"

namespace podtap::verdict {

std::optional<Finding> ToldSeccomp(const Scene& scene) {
  if (!NothingSeen(scene)) return std::nullopt;
  const std::optional<int32_t> shown = ShownCode(scene);
  if (shown && *shown != 128 + kSigSys) return std::nullopt;
  for (const auto& log : scene.view.All<store::LogLine>()) {
    const std::string_view text = log->text;
    if (text.find("type=1326") == std::string_view::npos || NumberAfter(text, " sig=") != kSigSys) {
      continue;
    }
    const bool known = scene.death().init.pid.value != 0;
    const bool named = !known && shown && Near(scene, log.at, kWordNear) &&
                       IsNamedLikeCommand(scene, After(text, " comm=\"", "\""));
    if (!Near(scene, log.at, kOomAnswer) ||
        !(named || IsAboutInit(scene, NumberAfter(text, " pid=")))) {
      continue;
    }
    const int64_t number = NumberAfter(text, " syscall=").value_or(-1);
    std::string call = "system call " + std::to_string(number);
    if (number >= 0 && number < 1000 && After(text, " arch=", " ") == "c000003e") {
      const std::string_view name = SyscallName(static_cast<int32_t>(number), 0);
      if (!name.empty()) call = std::string(name) + " (" + call + ")";
    }
    return Told(
        Cause::kSeccomp,
        "The seccomp filter ended " + WhoEnded(scene) + " for " + call + ", the audit log says.",
        log.row, "the audit log: " + std::string(text));
  }
  return std::nullopt;
}

}  // namespace podtap::verdict
