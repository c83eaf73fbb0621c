#include "probes/point.h"

#include <algorithm>
#include <utility>

namespace podtap::probes {
namespace {

constexpr size_t kMostSimilar = 5;

std::string Quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "\"";
}

// The near ones first; what may follow is little and worth showing in full.
std::vector<std::string> SimilarFirst(const std::string& name, std::vector<std::string> known) {
  std::vector<std::string> names = source::Similar(name, known, kMostSimilar);
  for (std::string& candidate : known) {
    if (names.size() >= kMostSimilar) break;
    if (std::ranges::find(names, candidate) == names.end()) names.push_back(std::move(candidate));
  }
  return names;
}

}  // namespace

std::string ComponentText(const lang::Component& component) {
  switch (component.arg) {
    case lang::Component::Arg::kNone:
      return component.name;
    case lang::Component::Arg::kNumber:
      return component.name + "(" + std::to_string(component.number) + ")";
    case lang::Component::Arg::kString:
      return component.name + "(" + Quoted(component.text) + ")";
  }
  return component.name;
}

std::string PointText(const lang::ProbePoint& point) {
  std::string text;
  for (const lang::Component& component : point.components) {
    if (!text.empty()) text += '.';
    text += ComponentText(component);
  }
  return text;
}

bool Follows(const lang::ProbePoint& point, std::initializer_list<std::string_view> names) {
  return point.components.size() == names.size() + 1 &&
         std::equal(names.begin(), names.end(), point.components.begin() + 1,
                    [](std::string_view name, const lang::Component& component) {
                      return component.name == name;
                    });
}

void Complaints::Add(source::Severity severity, size_t component, std::string message,
                     std::vector<std::string> similar) {
  const lang::Token& token = point_.components[component].tok;
  diagnostics_.Add({.severity = severity,
                    .message = std::move(message),
                    .span = token.span,
                    .token = token.token_class,
                    .similar = std::move(similar),
                    .used_from = point_.components[0].tok.span});
}

void Complaints::Mismatch(size_t component, std::vector<std::string> known) {
  if (MayBeAbsent(point_)) return;
  Add(source::Severity::kSemanticError, component, "probe point mismatch",
      SimilarFirst(point_.components[component].name, std::move(known)));
}

void Complaints::Truncated(size_t component, const std::vector<std::string>& follow) {
  if (MayBeAbsent(point_)) return;
  std::string message = "probe point truncated";
  for (size_t i = 0; i < follow.size(); ++i)
    message += (i == 0 ? " (follow: ." : ", .") + follow[i];
  if (!follow.empty()) message += ")";
  Add(source::Severity::kSemanticError, component, std::move(message));
}

void Complaints::NoMatch(size_t component, std::string message) {
  if (!MayBeAbsent(point_)) Error(component, std::move(message));
}

void Complaints::Error(size_t component, std::string message) {
  Add(source::Severity::kSemanticError, component, std::move(message));
}

void Complaints::Warning(size_t component, std::string message) {
  Add(source::Severity::kWarning, component, std::move(message));
}

bool EndsAt(const lang::ProbePoint& point, size_t last, Complaints& complaints) {
  if (point.components.size() <= last + 1) return true;
  complaints.Mismatch(last + 1, {});
  return false;
}

}  // namespace podtap::probes
