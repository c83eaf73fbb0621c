#include "verdict/rules/fault.h"

#include <algorithm>

#include "verdict/culprit.h"
#include "verdict/wording.h"

namespace podtap::verdict {
namespace {

// SI_KERNEL: the x86 general protection fault and its kin, which have no address.
constexpr int32_t kSiKernel = 128;

// "in main+0x1c of /bin/server", "at offset 0x31c of /bin/server"; "" when the mapping
// isn't known.
std::string Place(const store::SignalSent& sent) {
  if (!sent.mapping) return "";
  const store::Mapping& mapping = *sent.mapping;
  if (mapping.path.empty()) {
    return ", in anonymous memory at " + Hex(sent.instruction) + " (generated code?)";
  }
  if (!mapping.symbol.empty()) return ", in " + mapping.symbol + " of " + mapping.path;
  const uint64_t offset = sent.instruction - mapping.start + mapping.file_offset;
  return ", at offset " + Hex(offset) + " of " + mapping.path;
}

void AddSteps(const Scene& scene, const FaultCode* code, std::vector<std::string>& steps) {
  const store::SignalSent& sent = *scene.sent();
  if (code != nullptr && !code->step.empty()) steps.emplace_back(code->step);
  if (sent.mapping && !sent.mapping->path.empty() && sent.mapping->symbol.empty()) {
    const uint64_t offset = sent.instruction - sent.mapping->start + sent.mapping->file_offset;
    steps.push_back("find the line: addr2line -Cfe " + ShellWord(sent.mapping->path) + " " +
                    Hex(offset) + " (in the image, with its debug symbols)");
  }
  if (!DumpedCore(scene.subject.end.status.value_or(0))) {
    steps.emplace_back(
        "to get a core dump: ulimit -c (docker run --ulimit core=-1) and "
        "/proc/sys/kernel/core_pattern");
  } else {
    steps.emplace_back(
        "it left a core dump: coredumpctl list, or where "
        "/proc/sys/kernel/core_pattern says");
  }
}

}  // namespace

std::optional<Finding> Fault(const Scene& scene, int32_t signal, Cause cause,
                             std::span<const FaultCode> codes) {
  if (!scene.blow || scene.sent()->signal != signal || !IsFault(*scene.sent())) {
    return std::nullopt;
  }
  const store::SignalSent& sent = *scene.sent();
  const auto code = std::ranges::find(codes, sent.code, &FaultCode::code);
  const FaultCode* known = code == codes.end() ? nullptr : &*code;
  Finding finding;
  finding.cause = cause;
  std::string what = known != nullptr ? std::string(known->what)
                                      : "raised it with si_code " + std::to_string(sent.code);
  // What the kernel gives no address for says nothing by its 0.
  if (sent.code != kSiKernel) what += " at " + Hex(sent.address);
  const std::string name =
      SignalName(signal) + (known != nullptr ? ", " + std::string(known->name) : "");
  finding.headline = scene.subject_name() + " " + what + " (" + name + ")" + Place(sent) + ".";
  finding.culprit =
      MakeCulprit(scene.view, Culprit::Kind::kSelf, scene.subject.end.process, nullptr);
  finding.culprit->flags.clear();  // it is the victim
  finding.chain.push_back({.text = scene.subject_name() + " " + what,
                           .process = sent.target,
                           .row = scene.blow->root.row});
  finding.evidence.push_back(scene.blow->root.row);
  AddSteps(scene, known, finding.next_steps);
  return finding;
}

}  // namespace podtap::verdict
