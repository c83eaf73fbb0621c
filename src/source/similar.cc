#include <algorithm>
#include <array>
#include <utility>

#include "source/diagnostic.h"

namespace podtap::source {
namespace {

// Longer names are not compared: the cost grows with the square, and a script
// may hold any number of them.
constexpr size_t kLongestName = 64;

size_t Distance(std::string_view a, std::string_view b) {
  std::array<size_t, kLongestName + 1> row{};
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

}  // namespace

std::vector<std::string> Similar(std::string_view name, const std::vector<std::string>& candidates,
                                 size_t limit) {
  if (name.empty() || name.size() > kLongestName) return {};
  const size_t threshold = std::max<size_t>(1, std::min(2 + name.size() / 4, name.size() / 2));
  std::vector<std::pair<size_t, std::string_view>> near;
  for (const std::string& candidate : candidates) {
    if (candidate.empty() || candidate.size() > kLongestName || candidate == name) continue;
    const size_t difference = candidate.size() > name.size() ? candidate.size() - name.size()
                                                             : name.size() - candidate.size();
    if (difference > threshold) continue;
    const size_t distance = Distance(name, candidate);
    if (distance <= threshold) near.emplace_back(distance, candidate);
  }
  std::sort(near.begin(), near.end());
  near.erase(std::unique(near.begin(), near.end()), near.end());
  if (near.size() > limit) near.resize(limit);
  std::vector<std::string> out;
  out.reserve(near.size());
  for (const auto& [distance, candidate] : near) out.emplace_back(candidate);
  return out;
}

}  // namespace podtap::source
