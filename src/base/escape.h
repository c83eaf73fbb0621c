// Bytes that anybody may have written → text that is safe on a terminal.
//
// What enters: bytes of a script, a process' name, a container's label. What leaves:
// the same text with control characters and broken UTF-8 as \xNN, so that nothing
// can move the cursor, hide a line, rename the window or turn the order of what is read.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace podtap {

// The length in bytes of the well-formed UTF-8 character at the start of `text`, 0
// when there is none (Unicode, table 3-7).
size_t Utf8Length(std::string_view text);

// Which control characters stay as they are.
enum class Keep : uint8_t { kNone, kTabs, kTabsAndNewlines };

// The C1 controls, U+0080 to U+009F, go too: terminals obey them. So do the marks that
// turn the direction of writing (Unicode standard annex 9) and end a line.
void AppendEscaped(std::string_view text, Keep keep, std::string& out);
std::string Escape(std::string_view text, Keep keep = Keep::kNone);

// Valid JSON → the same JSON, safe on a terminal too: what a terminal would obey, and
// JSON lets stand in a string, as \uNNNN.
void AppendSafeJson(std::string_view json, std::string& out);

// How many terminal cells `escaped` fills, one a character; a tab counts one.
size_t Width(std::string_view escaped);

}  // namespace podtap
