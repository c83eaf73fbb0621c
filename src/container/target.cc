#include "container/target.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <vector>

#include "cgroup/membership.h"

namespace podtap::container {
namespace {

// Names of Kubernetes have at most 253 characters, ids 64, paths 4096.
constexpr size_t kMaxTarget = 4200;
constexpr size_t kShortId = 12;

struct Scheme {
  std::string_view text;
  RuntimeKind runtime;
};
constexpr Scheme kSchemes[] = {
    {"docker://", RuntimeKind::kDocker},
    {"podman://", RuntimeKind::kPodman},
    {"containerd://", RuntimeKind::kContainerd},
    {"cri-o://", RuntimeKind::kCrio},
};
constexpr std::string_view kUnitSuffixes[] = {".service", ".scope", ".socket",
                                              ".mount",   ".swap",  ".slice"};

constexpr const char* kGrammar =
    "a target is POD, NAMESPACE/POD, NAMESPACE/POD/CONTAINER, a container's name or id, "
    "docker://ID (podman, containerd, cri-o), pid:N, cgroup:PATH or unit:NAME.service";

Error Wrong(std::string_view text, std::string reason) {
  return Error{.kind = ErrorKind::kUsage,
               .tried = "understand the target",
               .on = "'" + std::string(text.substr(0, 300)) + "'",
               .reason = std::move(reason),
               .remedy = kGrammar};
}

Result<Target> ParsePid(Target target, std::string_view number) {
  const auto [end, error] =
      std::from_chars(number.data(), number.data() + number.size(), target.pid);
  if (error != std::errc() || end != number.data() + number.size() || target.pid <= 0) {
    return std::unexpected(Wrong(target.written, "that is no process id"));
  }
  target.kind = Target::Kind::kPid;
  return target;
}

Result<Target> ParseCgroup(Target target, std::string_view path) {
  if (!path.starts_with('/')) {
    return std::unexpected(Wrong(target.written, "a cgroup's path begins with /"));
  }
  target.kind = Target::Kind::kCgroup;
  target.path = cgroup::JoinPath("/", path);
  return target;
}

Result<Target> ParseUnit(Target target, std::string_view name) {
  if (name.empty() || name.find('/') != std::string_view::npos) {
    return std::unexpected(Wrong(target.written, "that is no name of a unit"));
  }
  target.kind = Target::Kind::kUnit;
  target.name = name;
  if (std::ranges::none_of(kUnitSuffixes,
                           [&](std::string_view suffix) { return name.ends_with(suffix); })) {
    target.name += ".service";
  }
  return target;
}

Result<Target> ParseId(Target target, std::string_view id) {
  for (const Scheme& scheme : kSchemes) {
    if (!target.written.starts_with(scheme.text)) continue;
    target.runtime = scheme.runtime;
    target.kind = Target::Kind::kId;
    target.name = id;
    if (id.empty()) return std::unexpected(Wrong(target.written, "the id is missing"));
    return target;
  }
  return std::unexpected(Wrong(target.written, "no such runtime"));
}

Result<Target> ParseNames(Target target, std::string_view text) {
  std::vector<std::string> parts;
  while (true) {
    const size_t slash = text.find('/');
    parts.emplace_back(text.substr(0, slash));
    if (slash == std::string_view::npos) break;
    text.remove_prefix(slash + 1);
  }
  if (parts.size() > 3) return std::unexpected(Wrong(target.written, "it has too many parts"));
  if (std::ranges::any_of(parts, &std::string::empty)) {
    return std::unexpected(Wrong(target.written, "a part of it is empty"));
  }
  if (parts.size() == 1) {
    target.kind = Target::Kind::kWord;
    target.name = parts[0];
    return target;
  }
  target.ns = parts[0];
  target.name = parts[1];
  target.kind = Target::Kind::kPod;
  if (parts.size() == 3) {
    target.kind = Target::Kind::kContainer;
    target.container = parts[2];
  }
  return target;
}

}  // namespace

Result<Target> ParseTarget(std::string_view text) {
  Target target;
  target.written = text.substr(0, kMaxTarget);
  if (text.empty()) return std::unexpected(Wrong(text, "it is empty"));
  if (text.size() > kMaxTarget) return std::unexpected(Wrong(text, "it is too long"));
  if (text == "--all") {
    target.kind = Target::Kind::kAll;
    return target;
  }
  if (const size_t at = text.find("://"); at != std::string_view::npos) {
    return ParseId(std::move(target), text.substr(at + 3));
  }
  struct Prefix {
    std::string_view text;
    Result<Target> (*parse)(Target, std::string_view);
  };
  constexpr Prefix kPrefixes[] = {
      {"pid:", ParsePid}, {"cgroup:", ParseCgroup}, {"unit:", ParseUnit}};
  for (const Prefix& prefix : kPrefixes) {
    if (text.starts_with(prefix.text)) {
      return prefix.parse(std::move(target), text.substr(prefix.text.size()));
    }
  }
  return ParseNames(std::move(target), text);
}

std::string TargetOf(const Container& container) {
  if (!container.pod.name.empty()) {
    std::string text = container.pod.ns + "/" + container.pod.name;
    return container.is_sandbox || container.name.empty() ? text : text + "/" + container.name;
  }
  if (!container.name.empty()) return container.name;
  const std::string id = container.id.value.substr(0, kShortId);
  return container.runtime == RuntimeKind::kUnknown
             ? id
             : std::string(RuntimeName(container.runtime)) + "://" + id;
}

}  // namespace podtap::container
