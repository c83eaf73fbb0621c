#include "cgroup/path.h"

#include <algorithm>
#include <array>
#include <optional>

namespace podtap::cgroup {
namespace {

constexpr std::array kRuntimeNames = {"unknown", "docker", "podman", "containerd", "cri-o"};
constexpr std::array kQosNames = {"", "Guaranteed", "Burstable", "BestEffort"};

// What stands before the id in a component: "docker-ID.scope" (systemd driver),
// "crio-ID" (CRI-O and Podman write it with cgroupfs too). Longer ones first.
struct IdPrefix {
  std::string_view text;
  RuntimeKind runtime;
  bool monitor;  // conmon's own cgroup
};
constexpr IdPrefix kIdPrefixes[] = {
    {"docker-", RuntimeKind::kDocker, false},
    {"cri-containerd-", RuntimeKind::kContainerd, false},
    {"nerdctl-", RuntimeKind::kContainerd, false},
    {"crio-conmon-", RuntimeKind::kCrio, true},
    {"crio-", RuntimeKind::kCrio, false},
    {"libpod-conmon-", RuntimeKind::kPodman, true},
    {"libpod-payload-", RuntimeKind::kPodman, false},  // --cgroups=split
    {"libpod-", RuntimeKind::kPodman, false},
};

// The folder in which a runtime with the cgroupfs driver puts cgroups named by the
// bare id.
struct IdParent {
  std::string_view component;
  RuntimeKind runtime;
};
constexpr IdParent kIdParents[] = {
    {"docker", RuntimeKind::kDocker},
    {"buildkit", RuntimeKind::kDocker},
    {"libpod_parent", RuntimeKind::kPodman},
    {"k8s.io", RuntimeKind::kContainerd},  // containerd's own names for its namespaces
    {"default", RuntimeKind::kContainerd},
};

struct QosWord {
  std::string_view word;
  Qos qos;
};
constexpr QosWord kQosWords[] = {{"burstable", Qos::kBurstable}, {"besteffort", Qos::kBestEffort}};

// What systemd gives a cgroup, less slices, which only group.
constexpr std::string_view kUnitSuffixes[] = {".service", ".scope", ".socket", ".mount", ".swap"};

constexpr std::string_view kSlice = ".slice";
constexpr std::string_view kScope = ".scope";
constexpr size_t kMaxUid = 64;

bool EndsWithUnit(std::string_view component) {
  return std::ranges::any_of(kUnitSuffixes, [&](std::string_view suffix) {
    return component.size() > suffix.size() && component.ends_with(suffix);
  });
}

// systemd puts "_" before a name that the kernel could take for a file of its own.
std::string_view Unit(std::string_view component) {
  if (component.starts_with('_')) component.remove_prefix(1);
  return component;
}

bool IsPodUid(std::string_view uid) {
  return !uid.empty() && uid.size() <= kMaxUid && std::ranges::all_of(uid, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
  });
}

struct Named {
  RuntimeKind runtime = RuntimeKind::kUnknown;
  std::string_view id;
  bool monitor = false;
};

// "docker-ID.scope", "crio-ID".
std::optional<Named> PrefixedId(std::string_view component) {
  for (const IdPrefix& prefix : kIdPrefixes) {
    if (!component.starts_with(prefix.text)) continue;
    std::string_view id = component.substr(prefix.text.size());
    if (id.ends_with(kScope)) id.remove_suffix(kScope.size());
    if (IsContainerId(id)) return Named{prefix.runtime, id, prefix.monitor};
  }
  return std::nullopt;
}

// The kubelet asks systemd's way, runc works with cgroupfs:
// "kubepods-burstable-podUID.slice:cri-containerd:ID".
struct ColonForm {
  std::string_view slice;
  Named container;
};
std::optional<ColonForm> ParseColonForm(std::string_view component) {
  const size_t first = component.find(':');
  if (first == std::string_view::npos) return std::nullopt;
  const size_t second = component.find(':', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  const std::string_view word = component.substr(first + 1, second - first - 1);
  const std::string_view id = component.substr(second + 1);
  if (!IsContainerId(id)) return std::nullopt;
  ColonForm form{component.substr(0, first), {RuntimeKind::kUnknown, id}};
  for (const IdPrefix& prefix : kIdPrefixes) {
    if (prefix.text.substr(0, prefix.text.size() - 1) != word) continue;
    form.container.runtime = prefix.runtime;
    form.container.monitor = prefix.monitor;
  }
  return form;
}

class PathParser {
 public:
  explicit PathParser(std::string_view path) : path_(path) {}

  PathInfo Parse() {
    size_t begin = 0;
    while (begin < path_.size()) {
      const size_t slash = std::min(path_.find('/', begin), path_.size());
      end_ = slash;
      if (slash > begin) Component(path_.substr(begin, slash - begin));
      begin = slash + 1;
    }
    return std::move(info_);
  }

 private:
  void Component(std::string_view component) {
    if (const auto form = ParseColonForm(component)) {
      Slice(form->slice);
      Found(form->container);
    } else if (const auto named = PrefixedId(component)) {
      NoteUnit(component);
      Found(*named);
    } else if (IsContainerId(component)) {
      Found({RuntimeOfParent(), component});
    } else if (component.ends_with(kSlice)) {
      Slice(component);
    } else {
      Folder(component);
      NoteUnit(component);
    }
    parent_ = component;
  }

  RuntimeKind RuntimeOfParent() const {
    for (const IdParent& parent : kIdParents) {
      if (parent.component == parent_) return parent.runtime;
    }
    return RuntimeKind::kUnknown;
  }

  void Found(const Named& named) {
    if (named.monitor) {
      if (info_.containers.empty()) info_.monitor_of = named.id;
      return;
    }
    if (info_.containers.size() == kMaxNesting) return;
    info_.containers.push_back(
        {named.runtime, std::string(named.id), std::string(path_.substr(0, end_)), pod_uid_, qos_});
    // What follows is inside; a pod there is another one.
    in_kubepods_ = false;
    pod_uid_.clear();
    qos_ = Qos::kNone;
  }

  // The kubelet's tree with cgroupfs: kubepods/burstable/podUID.
  void Folder(std::string_view component) {
    if (component == "kubepods") {
      in_kubepods_ = true;
      qos_ = Qos::kNone;
      return;
    }
    if (!in_kubepods_) return;
    for (const QosWord& row : kQosWords) {
      if (component == row.word && parent_ == "kubepods") qos_ = row.qos;
    }
    if (component.starts_with("pod") && IsPodUid(component.substr(3))) {
      Pod(std::string(component.substr(3)), qos_);
    }
  }

  // The same with systemd: kubepods-burstable-podUID.slice, dashes of the UID as "_";
  // kind puts "kubelet-" before it.
  void Slice(std::string_view component) {
    if (component.ends_with(kSlice)) component.remove_suffix(kSlice.size());
    if (component.starts_with("kubelet-")) component.remove_prefix(8);
    constexpr std::string_view kTree = "kubepods";
    if (!component.starts_with(kTree)) return;
    component.remove_prefix(kTree.size());
    if (component.empty()) return;
    if (!component.starts_with('-')) return;
    component.remove_prefix(1);
    Qos qos = Qos::kNone;
    for (const QosWord& row : kQosWords) {
      if (!component.starts_with(row.word)) continue;
      qos = row.qos;
      component.remove_prefix(row.word.size());
      if (component.starts_with('-')) component.remove_prefix(1);
      break;
    }
    if (!component.starts_with("pod")) return;
    std::string uid(component.substr(3));
    std::ranges::replace(uid, '_', '-');
    if (IsPodUid(uid)) Pod(std::move(uid), qos);
  }

  void Pod(std::string uid, Qos qos) {
    pod_uid_ = std::move(uid);
    qos_ = qos == Qos::kNone ? Qos::kGuaranteed : qos;
    info_.pod_uid = pod_uid_;
    info_.qos = qos_;
    info_.pod_path = path_.substr(0, end_);
  }

  // A unit inside a container is of another systemd.
  void NoteUnit(std::string_view component) {
    if (!info_.containers.empty() || !EndsWithUnit(component)) return;
    if (info_.unit.empty()) {
      info_.unit = Unit(component);
    } else if (info_.unit.starts_with("user@") && info_.user_unit.empty()) {
      info_.user_unit = Unit(component);
    }
  }

  std::string_view path_;
  size_t end_ = 0;  // of the component that is looked at
  std::string_view parent_;
  bool in_kubepods_ = false;
  std::string pod_uid_;
  Qos qos_ = Qos::kNone;
  PathInfo info_;
};

}  // namespace

const char* RuntimeName(RuntimeKind kind) { return kRuntimeNames.at(static_cast<size_t>(kind)); }
const char* QosName(Qos qos) { return kQosNames.at(static_cast<size_t>(qos)); }

bool IsContainerId(std::string_view text) {
  return text.size() == 64 && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

PathInfo ParsePath(std::string_view path) { return PathParser(path).Parse(); }

}  // namespace podtap::cgroup
