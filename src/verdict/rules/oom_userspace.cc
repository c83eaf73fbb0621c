// oom.userspace: earlyoom, systemd-oomd or another program that kills before the kernel
// must.
//
// Demands: a signal's row whose sender is such a program, by its unit or by the file
// that it runs where only the administrator puts programs; a process that merely calls
// itself so is none.
#include <algorithm>
#include <array>

#include "verdict/rules/sender.h"
#include "verdict/signal.h"
#include "verdict/wording.h"

namespace podtap::verdict {
namespace {

constexpr std::array<std::string_view, 9> kPrograms = {
    "earlyoom",   "systemd-oomd",      "nohang", "oomd", "thrash-protect", "lmkd", "uswsusp-oomd",
    "oom-killer", "low-memory-monitor"};

bool IsOomDaemon(const store::Process& process) {
  std::string_view unit = process.unit;
  if (unit.ends_with(".service")) {
    unit.remove_suffix(8);
    if (std::ranges::find(kPrograms, unit) != kPrograms.end()) return true;
  }
  if (!process.exe.starts_with("/usr/") && !process.exe.starts_with("/opt/")) return false;
  if (std::ranges::find(kPrograms, BaseName(process.exe)) != kPrograms.end()) return true;
  // nohang is a Python script.
  return BaseName(process.exe).starts_with("python") && process.comm == "nohang" &&
         process.uid == 0;
}

}  // namespace

std::optional<Finding> OomUserspace(const Scene& scene) {
  if (!SomebodySent(scene) || SenderPlace(scene) == Place::kSame) return std::nullopt;
  const store::Process* process = scene.view.Find(scene.sent()->sender);
  if (process == nullptr || process->kernel_thread || !IsOomDaemon(*process)) return std::nullopt;
  Finding finding = SentBy(scene, Cause::kOomUserspace);
  finding.headline = scene.view.Name(scene.sent()->sender) +
                     ", which kills before the node runs out of memory, " + Act(scene) + ".";
  finding.next_steps.emplace_back(
      "see what the node is short of, and its thresholds and "
      "exceptions (earlyoom --avoid, ManagedOOMPreference=avoid)");
  return finding;
}

}  // namespace podtap::verdict
