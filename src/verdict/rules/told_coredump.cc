// fault.*, abort, told by systemd-coredump, which writes down whose core it kept: number,
// signal and cgroup of the process are the kernel's own word to it (core(5)).
//
//   systemd-coredump: pid=7942 sig=11 cgroup=/docker/4f… file=/var/lib/… comm=server
#include <array>

#include "verdict/rules/told.h"
#include "verdict/signal.h"
#include "verdict/windows.h"
#include "verdict/wording.h"

namespace podtap::verdict {
namespace {

struct Meaning {
  int32_t signal;
  Cause cause;
};
constexpr std::array kMeanings = {
    Meaning{kSigSegv, Cause::kFaultSegv},   Meaning{kSigBus, Cause::kFaultBus},
    Meaning{kSigIll, Cause::kFaultIll},     Meaning{kSigFpe, Cause::kFaultFpe},
    Meaning{kSigTrap, Cause::kFaultTrap},   Meaning{kSigAbrt, Cause::kAbort},
    Meaning{kSigSys, Cause::kSeccomp},      Meaning{kSigXcpu, Cause::kRlimitCpu},
    Meaning{kSigXfsz, Cause::kRlimitFsize},
};

const Meaning* FindMeaning(std::optional<int64_t> signal) {
  for (const Meaning& meaning : kMeanings) {
    if (signal == meaning.signal) return &meaning;
  }
  return nullptr;
}

}  // namespace

std::optional<Finding> ToldCoredump(const Scene& scene) {
  if (!NothingSeen(scene)) return std::nullopt;
  for (const auto& line : scene.view.All<store::LogLine>()) {
    const std::string_view text = line->text;
    if (!text.starts_with("systemd-coredump: ") || !Near(scene, line.at, kOomAnswer)) continue;
    const Meaning* meaning = FindMeaning(NumberAfter(text, " sig="));
    const std::optional<int32_t> code = ShownCode(scene);
    if (meaning == nullptr || !NamesContainer(scene, After(text, " cgroup=", " ")) ||
        (code && *code != 128 + meaning->signal)) {
      continue;
    }
    const size_t comm = text.rfind(" comm=");
    const std::string name =
        std::string(comm == std::string_view::npos ? "process" : text.substr(comm + 6)) + "(" +
        std::to_string(NumberAfter(text, " pid=").value_or(0)) + ")";
    Finding finding = Told(meaning->cause,
                           name + " ended by " + SignalName(meaning->signal) +
                               " and left a core, systemd-coredump says.",
                           line.row, "systemd-coredump kept the core of " + name);
    const std::optional<int64_t> pid = NumberAfter(text, " pid=");
    finding.next_steps.push_back("see where it was: coredumpctl info " +
                                 std::to_string(pid.value_or(0)));
    if (!IsAboutInit(scene, pid)) {
      finding.gaps.push_back("That " + name + " was its first process is told by its exit code.");
    }
    return finding;
  }
  return std::nullopt;
}

}  // namespace podtap::verdict
