// Script bytes → text that is safe on a terminal.
//
// What enters: bytes of a script, which anybody may have written. What leaves:
// the same text with control characters and broken UTF-8 as \xNN, so that a
// diagnostic can't move the cursor or hide a line.
#pragma once

#include <string>
#include <string_view>

namespace podtap::source {

// The length in bytes of the valid UTF-8 character at the start of `text`, 0 when
// there is none. C1 control characters count as invalid: terminals obey them.
size_t Utf8Length(std::string_view text);

// A tab stays a tab when `keep_tabs`.
std::string Escape(std::string_view text, bool keep_tabs = false);

// How many terminal cells `escaped` fills, one a character; a tab counts one.
size_t Width(std::string_view escaped);

}  // namespace podtap::source
