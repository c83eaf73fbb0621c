// A verdict as JSON: schema podtap.verdict/v1 (docs/verdict.md,
// docs/schema/podtap.verdict.v1.schema.json).
#pragma once

#include <string>

#include "verdict/verdict.h"

namespace podtap::report {

// One object. What is not known is null or left out, never 0. Bytes that aren't UTF-8
// become U+FFFD. `indent` below 0: all in one line.
std::string VerdictJson(const store::Death& death, const verdict::Verdict& verdict,
                        int indent = -1);

}  // namespace podtap::report
