// What is legal and probably a mistake: names that are read and never assigned,
// functions and globals that nothing uses. Only of the user's own script.
#pragma once

#include "lang/check/reporter.h"
#include "lang/check/script_builder.h"
#include "lang/check/symbols.h"

namespace podtap::lang::check {

void WarnNeverAssigned(const File& user, Symbols& symbols, ScriptBuilder& builder,
                       Reporter& reporter);
void WarnUnused(const File& user, const Script& script, Reporter& reporter);

}  // namespace podtap::lang::check
