// An object of nlohmann's → its text, as every command prints it: what isn't UTF-8 is
// U+FFFD, and nothing in it does anything to a terminal.
#pragma once

#include <string>

#include "base/escape.h"

namespace podtap {

// On one line, or with so many blanks a level. A template, so that this room needs no
// library.
template <typename Json>
std::string JsonText(const Json& json, int indent = -1) {
  std::string text;
  AppendSafeJson(json.dump(indent, ' ', false, Json::error_handler_t::replace), text);
  return text;
}

}  // namespace podtap
