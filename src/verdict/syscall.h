// System calls by number.
#pragma once

#include <cstdint>
#include <string_view>

namespace podtap::verdict {

// "keyctl"; empty when there is none of this number, or `audit_arch` (si_arch) isn't
// x86-64's.
std::string_view SyscallName(int32_t number, uint32_t audit_arch);

}  // namespace podtap::verdict
