// What is known of standard output: a terminal's width, and whether to colour.
#pragma once

namespace podtap::cli {

// Columns; 80 where it is no terminal, at most 120.
int TerminalWidth();
// A terminal, and NO_COLOR (no-color.org) isn't set.
bool ColourOnStdout();

}  // namespace podtap::cli
