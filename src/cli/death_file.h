// A death as `podtap watch` and `podtap why` leave it: a file of evidence, an exit status.
#pragma once

#include <string>

#include "base/result.h"
#include "store/evidence.h"
#include "verdict/verdict.h"

namespace podtap::cli {

// Writes FOLDER/death-UNIX_NS.json, in place of an earlier one about the same moment.
Result<void> WriteDeath(const std::string& folder, const store::Death& death);
// Reads one; "-" is standard input.
Result<store::Death> ReadDeath(const std::string& path);

// By the first word of the cause, as exit_status.h has it; an exit by itself with code 0 is
// kOk.
int DeathStatus(const verdict::Verdict& verdict);

}  // namespace podtap::cli
