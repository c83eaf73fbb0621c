// fault.*, told by the kernel's log, which has a line for a fault that nobody handled
// (arch/x86/mm/fault.c, show_signal_msg; arch/x86/kernel/traps.c, show_signal).
//
//   server[7942]: segfault at 8 ip 00005555555551a3 sp 00007ffd… error 4 in server[…] likely…
//   traps: server[7942] general protection fault ip:… sp:… error:0 in …
//   traps: server[7942] trap invalid opcode ip:…
//
// The number is the thread's. Where the first process' own isn't known, a line of its name,
// with the signal of its exit code and near its end, is taken for its.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <vector>

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

struct Fault {
  const Kind* kind = nullptr;
  std::string_view comm;
  int64_t pid = 0;
};

// "server[7942]" right before the kind's words; a name may hold anything.
std::optional<Fault> Read(std::string_view text) {
  for (const Kind& kind : kKinds) {
    const size_t at = text.find(kind.text);
    if (at == std::string_view::npos) continue;
    std::string_view head = text.substr(0, at);
    const size_t open = head.rfind('[');
    if (open == std::string_view::npos || !head.ends_with(']')) continue;
    Fault fault{.kind = &kind, .pid = NumberAfter(head.substr(open), "[").value_or(0)};
    head = head.substr(0, open);
    constexpr std::string_view kTraps = "traps: ";
    if (head.starts_with(kTraps)) head.remove_prefix(kTraps.size());
    fault.comm = head;
    if (fault.pid > 0) return fault;
  }
  return std::nullopt;
}

std::string Name(const Fault& fault) {
  return std::string(fault.comm) + "(" + std::to_string(fault.pid) + ")";
}

using Line = Sighting<store::LogLine>;

struct Fit {
  Line line;
  Fault fault;
  int64_t apart = 0;  // from the end
};

// Faults that may be the first process', the nearest to the end first.
std::vector<Fit> FindFits(const Scene& scene) {
  const std::optional<int32_t> code = ShownCode(scene);
  const bool known = scene.death().init.pid.value != 0;
  std::vector<Fit> fits;
  for (const Line& line : scene.view.All<store::LogLine>()) {
    const std::optional<Fault> fault = Read(line->text);
    if (!fault || !Near(scene, line.at, known ? kOomAnswer : kWordNear)) continue;
    const bool by_code = code == 128 + fault->kind->signal;
    if (code && !by_code) continue;
    if (IsAboutInit(scene, fault->pid) ||
        (!known && by_code && IsNamedLikeCommand(scene, fault->comm))) {
      fits.push_back({line, *fault, std::abs(Elapsed(line.at, scene.init.at))});
    }
  }
  std::ranges::stable_sort(fits, {}, &Fit::apart);
  return fits;
}

// What it did where, for those who can read it.
Finding ByLine(const Scene& scene, const Fault& fault, const Line& line) {
  const std::string name = Name(fault);
  Finding finding =
      Told(fault.kind->cause,
           name + " crashed by " + SignalName(fault.kind->signal) + ", the kernel's log says.",
           line.row, "the kernel's log: " + line->text);
  if (!scene.subject.end.process.known()) {
    finding.gaps.push_back("That " + name + " was of this container is told by its name, by " +
                           SignalName(fault.kind->signal) + " and by the time.");
  }
  return finding;
}

}  // namespace

std::optional<Finding> ToldFault(const Scene& scene) {
  if (!NothingSeen(scene)) return std::nullopt;
  const std::vector<Fit> fits = FindFits(scene);
  if (fits.empty()) return std::nullopt;
  Finding finding = ByLine(scene, fits.front().fault, fits.front().line);
  const auto other = std::ranges::find_if(
      fits, [&](const Fit& fit) { return fit.fault.pid != fits.front().fault.pid; });
  if (other != fits.end()) {
    finding.gaps.push_back("It may have been " + Name(other->fault) + ", which crashed then, too.");
    finding.evidence.push_back(other->line.row);
  }
  return finding;
}

}  // namespace podtap::verdict
