// "0-3,8": the kernel's lists of CPUs.
#pragma once

#include <string_view>

namespace podtap::kernel {

// One more than the highest CPU of the list, which is how per-CPU maps are laid
// out; 0 when the text is no such list.
int CountCpus(std::string_view list);

}  // namespace podtap::kernel
