// oom.userspace, told by the daemon's own journal.
//
//   earlyoom: sending SIGTERM to process 7942 uid 0 "server": oom_score 800, VmRSS 200 MiB
//   systemd-oomd: Killed /system.slice/docker-4f….scope due to memory pressure for …
#include "verdict/rules/told.h"
#include "verdict/signal.h"
#include "verdict/windows.h"
#include "verdict/wording.h"

namespace podtap::verdict {
namespace {

bool IsEarlyoom(const Scene& scene, std::string_view text) {
  if (text.find("earlyoom") == std::string_view::npos) return false;
  const size_t at = text.find("sending SIG");
  if (at == std::string_view::npos) return false;
  text.remove_prefix(at);
  const std::optional<int64_t> pid = NumberAfter(text, " to process ");
  if (scene.death().init.pid.value != 0) return IsAboutInit(scene, pid);
  // By its name, and the code of a signal that earlyoom sends.
  const std::optional<int32_t> code = ShownCode(scene);
  const bool by_signal = code == 128 + kSigTerm || code == 128 + kSigKill;
  return by_signal && IsNamedLikeCommand(scene, After(text, " \"", "\""));
}

bool IsOomd(const Scene& scene, std::string_view text) {
  return text.find("oomd") != std::string_view::npos &&
         NamesContainer(scene, After(text, "Killed ", " "));
}

}  // namespace

std::optional<Finding> ToldOomUserspace(const Scene& scene) {
  if (!NothingSeen(scene) || ShownCode(scene) == 0) return std::nullopt;
  for (const auto& log : scene.view.All<store::LogLine>()) {
    const bool earlyoom = IsEarlyoom(scene, log->text);
    if (!Near(scene, log.at, kAnswer) || (!earlyoom && !IsOomd(scene, log->text))) continue;
    const std::string who = earlyoom ? "earlyoom" : "systemd-oomd";
    Finding finding = Told(Cause::kOomUserspace,
                           who + ", which kills before the node runs out of memory, ended " +
                               ContainerName(scene.death().container) + ".",
                           log.row, "the journal: " + log->text);
    finding.next_steps.push_back("see why: journalctl -u " + who);
    return finding;
  }
  return std::nullopt;
}

}  // namespace podtap::verdict
