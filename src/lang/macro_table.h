// Macros: what @define made, kept from file to file.
//
// What enters: the preprocessor puts a macro's body in, as lexemes. What
// leaves: it finds them there again, in this file and in those parsed later. The
// lexemes are views, so a table lives no longer than its SourceSet.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lang/lexeme.h"

namespace podtap::lang {

struct Macro {
  source::Span name;  // where it was defined
  bool has_parameters = false;
  std::vector<std::string_view> parameters;
  std::vector<Lexeme> body;
};

struct MacroTable {
  // Shared: a macro that is being expanded outlives its redefinition.
  std::map<std::string, std::shared_ptr<const Macro>, std::less<>> macros;
};

}  // namespace podtap::lang
