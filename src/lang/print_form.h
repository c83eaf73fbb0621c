// The print family, one row a name.
#pragma once

#include <string_view>

#include "lang/parser.h"

namespace podtap::lang {

struct Parser::PrintForm {
  std::string_view name;
  bool to_string, has_format, newline, delimited;
};

}  // namespace podtap::lang
