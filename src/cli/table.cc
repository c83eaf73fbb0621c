#include "cli/table.h"

#include <algorithm>

#include "base/escape.h"

namespace podtap::cli {
namespace {

constexpr size_t kGap = 2;

}  // namespace

std::string FormatTable(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::vector<std::string>> escaped;
  std::vector<size_t> widths;
  for (const auto& row : rows) {
    auto& cells = escaped.emplace_back();
    for (const std::string& cell : row) {
      cells.push_back(cell.empty() ? "-" : Escape(cell));
      if (widths.size() < cells.size()) widths.push_back(0);
      widths[cells.size() - 1] = std::max(widths[cells.size() - 1], Width(cells.back()));
    }
  }
  std::string text;
  for (const auto& cells : escaped) {
    for (size_t i = 0; i < cells.size(); ++i) {
      text += cells[i];
      if (i + 1 < cells.size()) text.append(widths[i] - Width(cells[i]) + kGap, ' ');
    }
    text += '\n';
  }
  return text;
}

}  // namespace podtap::cli
