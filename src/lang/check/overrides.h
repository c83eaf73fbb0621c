// -G NAME=VALUE: initial values from the command line.
//
// What enters: the options and the declarations. What leaves: `init` of the
// globals named, or a diagnostic for what can't be.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "lang/check/reporter.h"
#include "lang/check/script_builder.h"
#include "lang/check/symbols.h"

namespace podtap::lang::check {

using Overrides = std::map<std::string, std::string>;

// A whole 64-bit number as scripts write it: 42, -7, 0x2a, 052.
std::optional<int64_t> ParseLong(std::string_view text);

// Before inference: unknown names are reported, a given initial value makes
// way for the new one of the same type.
void MarkOverrides(const Overrides& overrides, const File& user, Symbols& symbols,
                   ScriptBuilder& builder, Reporter& reporter);

// After inference, when the types are known.
void SetOverrides(const Overrides& overrides, ScriptBuilder& builder, Reporter& reporter);

}  // namespace podtap::lang::check
