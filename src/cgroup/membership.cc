#include "cgroup/membership.h"

#include <algorithm>

namespace podtap::cgroup {
namespace {

constexpr std::string_view kRemoved = " (deleted)";

std::vector<std::string> Split(std::string_view text, char separator) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const size_t end = std::min(text.find(separator), text.size());
    if (end > 0) words.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

}  // namespace

std::vector<MembershipLine> ParseMembership(std::string_view text) {
  std::vector<MembershipLine> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    // A path may hold colons, the words before it can't.
    const size_t first = line.find(':');
    if (first == std::string_view::npos) continue;
    const size_t second = line.find(':', first + 1);
    if (second == std::string_view::npos) continue;
    std::string_view path = line.substr(second + 1);
    if (!path.starts_with('/')) continue;
    MembershipLine parsed;
    parsed.controllers = Split(line.substr(first + 1, second - first - 1), ',');
    if (path.ends_with(kRemoved)) {
      parsed.removed = true;
      path.remove_suffix(kRemoved.size());
    }
    parsed.path = path;
    lines.push_back(std::move(parsed));
  }
  return lines;
}

const MembershipLine* LineOf(const std::vector<MembershipLine>& lines, const Mount& mount) {
  for (const MembershipLine& line : lines) {
    if (mount.v2
            ? line.controllers.empty()
            : std::ranges::any_of(line.controllers, [&](const std::string& controller) {
                return std::ranges::find(mount.controllers, controller) != mount.controllers.end();
              })) {
      return &line;
    }
  }
  return nullptr;
}

std::string JoinPath(std::string_view base, std::string_view path) {
  std::vector<std::string> parts = Split(base, '/');
  for (std::string& part : Split(path, '/')) {
    if (part == "..") {
      if (!parts.empty()) parts.pop_back();
    } else if (part != ".") {
      parts.push_back(std::move(part));
    }
  }
  std::string joined;
  for (const std::string& part : parts) joined += "/" + part;
  return joined.empty() ? "/" : joined;
}

std::optional<std::string> BelowPath(std::string_view path, std::string_view top) {
  if (top == "/") return std::string(path);
  if (!path.starts_with(top)) return std::nullopt;
  path.remove_prefix(top.size());
  if (path.empty()) return "/";
  if (!path.starts_with('/')) return std::nullopt;
  return std::string(path);
}

}  // namespace podtap::cgroup
