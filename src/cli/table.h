// Rows of text → a table with aligned columns.
#pragma once

#include <string>
#include <vector>

namespace podtap::cli {

// Cells may hold anything; they are escaped here. The first row is the heading. Two spaces
// between columns, none at the end of a line; an empty cell is "-".
std::string FormatTable(const std::vector<std::vector<std::string>>& rows);

}  // namespace podtap::cli
