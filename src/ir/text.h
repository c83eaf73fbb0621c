// The words of the text form, shared by dump.cc and read.cc.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ir/ir.h"

namespace podtap::ir {

const char* ConversionName(Directive::Conversion conversion);
std::optional<Directive::Conversion> ConversionByName(std::string_view name);
std::optional<Op> OpByName(std::string_view name);

// In double quotes, with \" \\ \n \t and \xHH.
std::string Quote(std::string_view text);

}  // namespace podtap::ir
