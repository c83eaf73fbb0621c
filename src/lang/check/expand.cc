#include "lang/check/expand.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace podtap::lang::check {
namespace {

// Aliases of aliases grow exponentially in a hostile script.
constexpr size_t kMaxProbes = 8192;
constexpr size_t kMaxPoints = 200'000;
constexpr size_t kMaxTextCopied = size_t{24} << 20;
constexpr size_t kMaxAliasDepth = 64;
constexpr size_t kMaxSuggestions = 5;

size_t TextSize(const Stmt* body) {
  return body != nullptr && body->span.end > body->span.begin ? body->span.end - body->span.begin
                                                              : 0;
}

size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replace = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replace, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

// The names that may follow are few and worth showing even when none is near.
Names Nearest(const std::string& name, Names candidates) {
  if (name.size() > 256 || candidates.size() > 1000) return {};
  std::vector<std::pair<size_t, std::string>> ranked;
  for (std::string& candidate : candidates)
    if (candidate != name)  // another file's private alias
      ranked.emplace_back(EditDistance(name, candidate), std::move(candidate));
  std::ranges::sort(ranked);
  Names names;
  for (auto& [distance, candidate] : ranked)
    if (names.size() < kMaxSuggestions) names.push_back(std::move(candidate));
  return names;
}

}  // namespace

std::vector<ExpandedProbe> Expander::Expand(const ProbeDef& definition, const File& file) {
  definition_ = &definition;
  layers_.assign(1, {definition.body.get(), &file, false});
  out_.clear();
  const uint32_t group = next_group_++;
  for (const ProbePoint& point : definition.points) {
    if (point.components.empty()) continue;
    user_root_ = point.components[0].tok;
    if (!user_root_.span.valid()) user_root_ = point.tok;
    Frame frame;
    frame.file = &file;
    frame.point = &point;
    frame.components = point.components;
    frame.optional = point.optional;
    frame.sufficient = point.sufficient;
    frame.group = group;
    ExpandPoint(std::move(frame));
  }
  return std::exchange(out_, {});
}

void Expander::ExpandPoint(Frame frame) {
  if (exhausted_ || ++points_seen_ > kMaxPoints || search_steps_ <= 0)
    return GiveUp(frame.point->tok);
  if (frame.components.size() > kMaxComponents)
    return PointError(frame.components[0].tok, "probe point with more than 32 components");
  const size_t conditions = conditions_.size();
  if (frame.point->condition) conditions_.push_back({frame.point->condition.get(), frame.file});

  const std::vector<AliasMatch> matches =
      aliases_.Match(frame.components, *frame.file, stack_, search_steps_);
  const std::vector<std::string> roots = MatchingRoots(frame.components[0]);
  const size_t first = out_.size();
  for (const AliasMatch& match : matches) ExpandAlias(frame, match, matches.size() > 1);

  const bool wild = std::ranges::any_of(
      frame.components, [](const Component& component) { return HasWildcard(component.name); });
  const bool wild_root = HasWildcard(frame.components[0].name);
  if (matches.empty() || (wild && !wild_root)) {
    for (const std::string& root : roots) {
      std::vector<Component> components = frame.components;
      components[0].name = root;
      Emit(frame, std::move(components), frame.optional || !matches.empty() || roots.size() > 1);
    }
    if (matches.empty() && roots.empty()) ReportMismatch(frame);
  }
  // `alias!`: the rest of the list is dropped when the last of what the alias
  // stands for resolves.
  if (out_.size() > first && frame.sufficient && out_.back().probe.group == frame.group)
    out_.back().probe.point.sufficient = true;
  conditions_.resize(conditions);
}

void Expander::ExpandAlias(const Frame& frame, const AliasMatch& match, bool one_of_many) {
  const AliasEntry& entry = *match.entry;
  const std::vector<Component>& name = entry.alias->names[entry.name];
  if (stack_.size() >= kMaxAliasDepth)
    return PointError(entry.alias->tok, "probe aliases nested more than 64 deep");

  std::vector<Component> suffix(
      frame.components.begin() + static_cast<std::ptrdiff_t>(match.consumed),
      frame.components.end());
  std::string written = frame.written;
  if (written.empty()) {  // the user's own point: what its wildcards turned out to be
    written = JoinComponents(name);
    if (!suffix.empty()) written += "." + JoinComponents(suffix);
  }

  stack_.push_back(entry.alias);
  layers_.push_back({entry.alias->body.get(), entry.file, entry.alias->is_epilogue});
  const bool own_list = std::ranges::any_of(entry.alias->points, &ProbePoint::sufficient);
  const uint32_t group = own_list ? next_group_++ : frame.group;
  for (const ProbePoint& point : entry.alias->points) {
    if (point.components.empty()) continue;
    Frame inner;
    inner.file = entry.file;
    inner.point = &point;
    inner.components = point.components;
    inner.components.insert(inner.components.end(), suffix.begin(), suffix.end());
    inner.optional = frame.optional || point.optional || one_of_many;
    inner.sufficient = point.sufficient;
    inner.group = group;
    inner.written = written;
    ExpandPoint(std::move(inner));
  }
  layers_.pop_back();
  stack_.pop_back();
}

void Expander::Emit(const Frame& frame, std::vector<Component> components, bool optional) {
  if (!WithinBudget(frame.point->tok)) return;
  ExpandedProbe made;
  Probe& probe = made.probe;
  probe.written = frame.written.empty() ? JoinComponents(components) : frame.written;
  probe.point.components = std::move(components);
  probe.point.optional = optional;
  probe.point.sufficient = frame.sufficient;
  probe.point.tok = frame.point->tok;
  probe.used_from = user_root_.span;
  probe.group = frame.group;

  const auto add = [&made](const Layer& layer) {
    if (layer.body == nullptr) return;
    made.probe.bodies.push_back(Clone(*layer.body));
    made.body_files.push_back(layer.file);
  };
  // The innermost alias's prologue runs first, the outermost epilogue before
  // those nearer to the primitive point.
  for (size_t i = layers_.size(); i-- > 1;)
    if (!layers_[i].is_epilogue) add(layers_[i]);
  for (size_t i = 0; i < layers_.size(); ++i)
    if (i == 0 || layers_[i].is_epilogue) add(layers_[i]);
  for (const Condition& condition : conditions_) {
    probe.conditions.push_back(Clone(*condition.expr));
    made.condition_files.push_back(condition.file);
  }
  out_.push_back(std::move(made));
}

bool Expander::WithinBudget(const Token& at) {
  // The first copy of everything is free: a long script is no attack.
  if (probes_made_++ > 0)
    for (const Layer& layer : layers_) text_copied_ += TextSize(layer.body);
  if (probes_made_ <= kMaxProbes && text_copied_ <= kMaxTextCopied) return true;
  GiveUp(at);
  return false;
}

void Expander::GiveUp(const Token& at) {
  if (!exhausted_) PointError(at, "too many probes after alias expansion");
  exhausted_ = true;
}

std::vector<std::string> Expander::MatchingRoots(const Component& root) const {
  std::vector<std::string> matching;
  const bool wild = HasWildcard(root.name);
  for (const std::string& name : roots_)
    if (wild ? MatchesWildcard(root.name, name) : root.name == name) matching.push_back(name);
  return matching;
}

void Expander::ReportMismatch(const Frame& frame) {
  // Nothing but the aliases that are being expanded fits: they go in a circle.
  if (!stack_.empty() && !aliases_.Match(frame.components, *frame.file, {}, search_steps_).empty())
    return PointError(frame.components[0].tok, "recursive loop in alias expansion of '" +
                                                   JoinComponents(frame.components) + "'");
  if (frame.optional || !reporter_.wants_similar()) {
    if (!frame.optional) PointError(frame.components[0].tok, "probe point mismatch");
    return;
  }
  AliasTree::Mismatch mismatch = aliases_.Explain(frame.components);
  const Component& component = frame.components[mismatch.component];
  Names similar;
  if (mismatch.component == 0) {
    mismatch.next.insert(mismatch.next.end(), roots_.begin(), roots_.end());
    std::ranges::sort(mismatch.next);
    const auto repeated = std::ranges::unique(mismatch.next);
    mismatch.next.erase(repeated.begin(), repeated.end());
    similar = reporter_.Similar(component.name, mismatch.next);
  } else {
    similar = Nearest(component.name, std::move(mismatch.next));
  }
  PointError(component.tok, "probe point mismatch", std::move(similar));
}

void Expander::PointError(const Token& at, std::string message, Names similar) {
  reporter_.PointError(at, user_root_.span, std::move(message), std::move(similar));
}

}  // namespace podtap::lang::check
