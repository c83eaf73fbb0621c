#include "container/near_names.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace podtap::container {
namespace {

constexpr size_t kMaxNear = 5;
constexpr size_t kMaxLength = 256;
constexpr size_t kMostLetters = 3;
constexpr size_t kShortest = 3;  // a shorter word is contained in nearly everything

// How many letters must be put in, taken out or changed (Levenshtein 1966).
size_t Distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i);
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, changed}));
    }
  }
  return row.back();
}

bool Contains(std::string_view a, std::string_view b) {
  return b.size() >= kShortest && a.find(b) != std::string_view::npos;
}

}  // namespace

std::vector<std::string> NearNames(std::string_view wanted, std::vector<std::string> names) {
  if (wanted.size() > kMaxLength) return {};
  std::ranges::sort(names);
  const auto twice = std::ranges::unique(names);
  names.erase(twice.begin(), twice.end());
  const size_t allowed = std::clamp<size_t>(wanted.size() / 3, 1, kMostLetters);
  struct Near {
    size_t distance;
    std::string name;
  };
  std::vector<Near> near;
  for (std::string& name : names) {
    if (name.empty() || name.size() > kMaxLength) continue;
    const size_t difference =
        std::max(name.size(), wanted.size()) - std::min(name.size(), wanted.size());
    if (difference <= allowed) {
      const size_t distance = Distance(wanted, name);
      if (distance <= allowed) {
        near.push_back({distance, std::move(name)});
        continue;
      }
    }
    if (Contains(name, wanted) || Contains(wanted, name)) {
      near.push_back({allowed + difference, std::move(name)});
    }
  }
  std::ranges::stable_sort(near, {}, &Near::distance);
  if (near.size() > kMaxNear) near.resize(kMaxNear);
  std::vector<std::string> found;
  for (Near& one : near) found.push_back(std::move(one.name));
  return found;
}

}  // namespace podtap::container
