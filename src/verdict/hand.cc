#include "verdict/hand.h"

#include <algorithm>
#include <array>

#include "verdict/place.h"
#include "verdict/windows.h"
#include "verdict/wording.h"

namespace podtap::verdict {
namespace {

using container::RuntimeKind;

struct Program {
  std::string_view name;
  RuntimeKind runtime;
  bool daemon;  // it works for whoever asks over its socket
};
constexpr std::array kPrograms = {
    Program{"dockerd", RuntimeKind::kDocker, true},
    Program{"docker-containerd", RuntimeKind::kDocker, true},
    Program{"containerd", RuntimeKind::kContainerd, true},
    Program{"containerd-shim", RuntimeKind::kContainerd, true},
    Program{"containerd-shim-runc-v1", RuntimeKind::kContainerd, true},
    Program{"containerd-shim-runc-v2", RuntimeKind::kContainerd, true},
    Program{"containerd-shim-kata-v2", RuntimeKind::kContainerd, true},
    Program{"containerd-shim-runsc-v1", RuntimeKind::kContainerd, true},
    Program{"docker-containerd-shim", RuntimeKind::kDocker, true},
    Program{"crio", RuntimeKind::kCrio, true},
    Program{"conmon", RuntimeKind::kUnknown, true},
    Program{"conmonrs", RuntimeKind::kUnknown, true},
    Program{"podman", RuntimeKind::kPodman, false},
    Program{"runc", RuntimeKind::kUnknown, false},
    Program{"crun", RuntimeKind::kUnknown, false},
    Program{"youki", RuntimeKind::kUnknown, false},
    Program{"runsc", RuntimeKind::kUnknown, false},
    Program{"kata-runtime", RuntimeKind::kUnknown, false},
};

constexpr std::array<std::string_view, 9> kUnits = {
    "docker.service",      "containerd.service", "crio.service",
    "cri-o.service",       "podman.service",     "k3s.service",
    "rke2-server.service", "rke2-agent.service", "snap.docker.dockerd.service"};

// Where only the administrator puts programs.
constexpr std::array<std::string_view, 10> kInstalled = {"/usr/",         "/bin/",
                                                         "/sbin/",        "/opt/",
                                                         "/snap/",        "/nix/store/",
                                                         "/gnu/store/",   "/var/lib/rancher/",
                                                         "/var/lib/k0s/", "/home/kubernetes/bin/"};

constexpr size_t kCommBytes = 15;

bool Installed(const store::Process& process) {
  if (process.exe_memfd) return false;
  return std::ranges::any_of(kInstalled,
                             [&](auto folder) { return process.exe.starts_with(folder); });
}

// runc before 1.2 runs itself from a sealed copy in memory.
bool IsRuncClone(const store::Process& process) {
  return process.exe_memfd && process.exe.find("runc_cloned") != std::string::npos;
}

// What the process is by the name of its file; by its comm when the file isn't known.
const Program* FindProgram(const View& view, const store::ProcessKey& key) {
  const store::Process* process = view.Find(key);
  std::string name;
  bool cut = false;
  if (process != nullptr && IsRuncClone(*process)) {
    name = "runc";
  } else if (process != nullptr && !process->exe.empty()) {
    name = BaseName(process->exe);
  } else {
    name = view.Comm(key);
    cut = name.size() == kCommBytes;
  }
  const auto found = std::ranges::find_if(kPrograms, [&](const Program& program) {
    return program.name == name || (cut && program.name.starts_with(name));
  });
  return found == kPrograms.end() ? nullptr : &*found;
}

bool InUnit(const store::Process& process) {
  return std::ranges::find(kUnits, process.unit) != kUnits.end();
}

// It is in the place where a runtime is: outside, or in the container that is the
// whole node (kind, Docker in Docker).
bool Outside(const View& view, const Signal& signal) {
  const store::ProcessKey& sender = signal->sender;
  switch (PlaceOf(view, sender, signal->sender_cgroup)) {
    case Place::kHost:
    case Place::kUnknown:
      return true;
    case Place::kOther:
      return InEnclosing(view, sender);
    case Place::kSame:
      return false;
  }
  return false;
}

struct Lineage {
  bool daemon_above = false;  // a runtime's daemon that is what it is called
  RuntimeKind runtime = RuntimeKind::kUnknown;
  store::ProcessKey top;    // the highest of the unbroken line of runtime programs
  store::ProcessKey above;  // the one above that line
};

Lineage LookUp(const View& view, const store::ProcessKey& sender) {
  Lineage lineage;
  lineage.top = sender;
  for (const store::ProcessKey& ancestor : view.Ancestors(sender)) {
    const Program* program = FindProgram(view, ancestor);
    if (program == nullptr) {
      lineage.above = ancestor;
      break;
    }
    lineage.top = ancestor;
    if (lineage.runtime == RuntimeKind::kUnknown) lineage.runtime = program->runtime;
    if (program->runtime == RuntimeKind::kDocker) lineage.runtime = RuntimeKind::kDocker;
    const store::Process* process = view.Find(ancestor);
    if (program->daemon && process != nullptr && (Installed(*process) || InUnit(*process))) {
      lineage.daemon_above = true;
    }
  }
  return lineage;
}

std::vector<store::RowId> RuntimeWords(const View& view, const Signal& signal) {
  std::vector<store::RowId> rows;
  for (const auto& said : view.All<store::RuntimeSaid>()) {
    const int64_t apart = Elapsed(signal.at, said.at);
    if (apart < -kWordNear || apart > kWordNear) continue;
    if (said->action == "kill" && said->signal == signal->signal &&
        said->container == view.death().container.id) {
      rows.push_back(said.row);
    }
  }
  return rows;
}

}  // namespace

std::optional<Hand> RuntimeHand(const View& view, const Signal& signal) {
  using Info = store::SignalSent::Info;
  const store::ProcessKey& sender = signal->sender;
  if (signal->info == Info::kKernel || signal->code > 0 || signal->sender_kthread) {
    return std::nullopt;
  }
  const Program* program = FindProgram(view, sender);
  if (program == nullptr || !Outside(view, signal)) return std::nullopt;
  const store::Process* process = view.Find(sender);
  const Lineage lineage = LookUp(view, sender);
  Hand hand;
  hand.process = sender;
  hand.evidence = RuntimeWords(view, signal);
  const bool fits = lineage.daemon_above || !hand.evidence.empty() ||
                    (process != nullptr && (Installed(*process) || InUnit(*process)));
  if (!fits) return std::nullopt;
  hand.runtime = view.death().container.runtime;
  if (hand.runtime == RuntimeKind::kUnknown) hand.runtime = program->runtime;
  if (hand.runtime == RuntimeKind::kUnknown) hand.runtime = lineage.runtime;
  if (!program->daemon && !lineage.daemon_above && hand.evidence.empty()) {
    // `podman stop` is who asked; `runc kill` was asked by what ran it.
    hand.by_hand_of = Same(lineage.top, sender) ? lineage.above : lineage.top;
  }
  return hand;
}

bool OnlyNamedLikeRuntime(const View& view, const Signal& signal) {
  return FindProgram(view, signal->sender) != nullptr && !RuntimeHand(view, signal);
}

bool IsRuntimeProgram(const View& view, const store::ProcessKey& process) {
  return FindProgram(view, process) != nullptr;
}

bool IsKubelet(const View& view, const store::ProcessKey& key) {
  const store::Process* process = view.Find(key);
  if (process == nullptr) return view.Comm(key) == "kubelet";
  if (process->exe.empty()) return process->comm == "kubelet";
  const std::string_view name = BaseName(process->exe);
  // k3s, k0s and microk8s have the kubelet in their own program.
  return name == "kubelet" || name == "k3s" || name == "rke2" || name == "k0s" ||
         name == "hyperkube" || name == "kubelite";
}

}  // namespace podtap::verdict
