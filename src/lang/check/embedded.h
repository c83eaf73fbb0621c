// C between %{ and %}: in the tapset it names an intrinsic, in a user's script
// it is refused, reached or not.
#pragma once

#include "lang/check/reporter.h"
#include "lang/tree.h"

namespace podtap::lang::check {

void RefuseEmbedded(File& user, bool guru_mode, Reporter& reporter);

}  // namespace podtap::lang::check
