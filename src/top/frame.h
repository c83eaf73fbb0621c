// A snapshot and what its reader has chosen → the lines of a terminal.
//
// All that comes from outside is escaped here; no line is wider than the terminal. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "top/snapshot.h"
#include "top/view.h"

namespace podtap::top {

// Exactly size.lines lines, or fewer. `colour`: with SGR sequences, which fill no column.
// Settles `view` first.
std::vector<std::string> Frame(const Snapshot& snapshot, View& view, Size size, bool colour);

// For no terminal: all rows, no selection, no foot.
std::vector<std::string> Listing(const Snapshot& snapshot, const View& view, int columns,
                                 bool colour);

// `escaped` in at most `columns` cells, cut with "…", filled up with spaces if asked for.
std::string Fit(std::string_view escaped, size_t columns, bool fill = false);

// The same, cut in the middle: a container's name stands at the end of its pod's.
std::string FitMiddle(std::string_view escaped, size_t columns);

}  // namespace podtap::top
