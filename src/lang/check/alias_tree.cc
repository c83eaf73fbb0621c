#include "lang/check/alias_tree.h"

#include <algorithm>
#include <set>

namespace podtap::lang::check {
namespace {

std::string ComponentText(const Component& component) { return JoinComponents({component}); }

bool IsPattern(const Component& component) {
  return component.arg == Component::Arg::kNone && HasWildcard(component.name);
}

}  // namespace

bool HasWildcard(std::string_view name) {
  return name.find_first_of("*?") != std::string_view::npos;
}

bool MatchesWildcard(std::string_view pattern, std::string_view text) {
  size_t p = 0, t = 0, star = std::string_view::npos, resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

std::string JoinComponents(const std::vector<Component>& components, size_t begin) {
  ProbePoint point;
  point.components.assign(components.begin() + static_cast<std::ptrdiff_t>(begin),
                          components.end());
  return point.Text();
}

AliasTree::AliasTree() : nodes_(1) {}

void AliasTree::Add(const File& file, bool tapset, Reporter& reporter) {
  for (const auto& alias : file.aliases) {
    for (uint32_t n = 0; n < alias->names.size(); ++n) {
      const auto& name = alias->names[n];
      if (name.empty()) continue;
      if (name.size() > kMaxComponents) {
        reporter.Error(name[0].tok, "probe alias with more than 32 components");
        continue;
      }
      uint32_t node = 0;
      for (const Component& component : name) {
        const auto next = static_cast<uint32_t>(nodes_.size());
        const auto [slot, is_new] = nodes_[node].children.emplace(ComponentText(component), next);
        node = slot->second;
        if (is_new) nodes_.emplace_back();
      }
      nodes_[node].entries.push_back(static_cast<uint32_t>(entries_.size()));
      entries_.push_back({alias.get(), &file, tapset, n});
    }
  }
}

struct AliasTree::Search {
  const std::vector<Component>& point;
  const File& from;
  const std::vector<const AliasDef*>& skip;
  int& steps;
  std::set<std::pair<uint32_t, size_t>> found;  // entry, components consumed
};

// Adds what is defined at a node. A user's alias hides the tapset's of the
// same name; two of the same origin both count.
void AliasTree::Collect(Search& search, uint32_t node, size_t depth) const {
  std::vector<uint32_t> visible;
  bool own = false;
  for (const uint32_t id : nodes_[node].entries) {
    const AliasEntry& entry = entries_[id];
    const bool is_own = entry.file == &search.from;
    if (!is_own && (!entry.tapset || entry.alias->is_private)) continue;
    if (std::ranges::find(search.skip, entry.alias) != search.skip.end()) continue;
    own = own || !entry.tapset;
    visible.push_back(id);
  }
  for (const uint32_t id : visible)
    if (!own || !entries_[id].tapset) search.found.emplace(id, depth);
}

// Depth is bounded by the point's components and, under `**`, by the tree's
// own depth: kMaxComponents both.
void AliasTree::Walk(Search& search, uint32_t node, size_t depth) const {
  if (--search.steps < 0) return;
  if (depth > 0) Collect(search, node, depth);
  if (depth == search.point.size()) return;
  const Component& component = search.point[depth];
  if (!IsPattern(component)) {
    const auto child = nodes_[node].children.find(ComponentText(component));
    if (child != nodes_[node].children.end()) Walk(search, child->second, depth + 1);
    return;
  }
  const bool crosses_dots = component.name.find("**") != std::string::npos;
  std::vector<std::pair<uint32_t, std::string>> pending;
  for (const auto& [text, child] : nodes_[node].children) pending.emplace_back(child, text);
  while (!pending.empty() && search.steps > 0) {
    const auto [child, text] = std::move(pending.back());
    pending.pop_back();
    --search.steps;
    if (MatchesWildcard(component.name, text)) Walk(search, child, depth + 1);
    if (!crosses_dots) continue;
    for (const auto& [more, grandchild] : nodes_[child].children)
      pending.emplace_back(grandchild, text + "." + more);
  }
}

std::vector<AliasMatch> AliasTree::Match(const std::vector<Component>& point, const File& from,
                                         const std::vector<const AliasDef*>& skip,
                                         int& steps) const {
  Search search{point, from, skip, steps, {}};
  Walk(search, 0, 0);
  size_t longest = 0;
  for (const auto& [id, consumed] : search.found) longest = std::max(longest, consumed);
  std::vector<AliasMatch> matches;
  for (const auto& [id, consumed] : search.found)  // ordered by definition
    if (consumed == longest) matches.push_back({&entries_[id], consumed});
  return matches;
}

AliasTree::Mismatch AliasTree::Explain(const std::vector<Component>& point) const {
  Mismatch mismatch;
  uint32_t node = 0;
  while (mismatch.component + 1 < point.size()) {
    const auto child = nodes_[node].children.find(ComponentText(point[mismatch.component]));
    if (child == nodes_[node].children.end()) break;
    node = child->second;
    ++mismatch.component;
  }
  for (const auto& [text, child] : nodes_[node].children)
    if (mismatch.next.size() < 5'000) mismatch.next.push_back(text);
  return mismatch;
}

}  // namespace podtap::lang::check
