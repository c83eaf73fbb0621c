// Which abilities the running kernel has, told by its BTF.
//
// What enters: vmlinux's types. What leaves: Features. A few lookups, no
// program load: whatever is looked for came in the same series as the ability.
#pragma once

#include "kernel/kernel.h"

namespace podtap::kernel {

Features DetectFeatures(const Btf& btf);

}  // namespace podtap::kernel
