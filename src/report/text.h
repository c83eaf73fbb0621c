// A verdict on a terminal.
#pragma once

#include <string>

#include "verdict/verdict.h"

namespace podtap::report {

struct TextOptions {
  int width = 80;
  bool colour = false;
};

// All of it, one screen of 80x24 for common causes. Strings from outside are escaped;
// times are local.
std::string VerdictText(const store::Death& death, const verdict::Verdict& verdict,
                        const TextOptions& options = {});

}  // namespace podtap::report
