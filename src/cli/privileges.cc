#include "cli/privileges.h"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>

namespace podtap::cli {
namespace {

// linux/capability.h of Debian 12 has them all: CAP_BPF and CAP_PERFMON are of 5.8.
constexpr std::array kKept = {CAP_BPF, CAP_PERFMON, CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH};
// Locked memory before 5.11, a reader's priority, the kernel's log; and to drop others.
constexpr std::array kKeptUntilArmed = {CAP_SYS_RESOURCE, CAP_SYS_NICE, CAP_SYSLOG, CAP_SETPCAP};

}  // namespace

Result<void> DropCapabilities(Stage stage) {
  uint64_t kept = 0;
  for (const int capability : kKept) kept |= uint64_t{1} << capability;
  if (stage == Stage::kBeforeArming) {
    for (const int capability : kKeptUntilArmed) kept |= uint64_t{1} << capability;
  }
  for (uint32_t capability = 0; capability < 64; capability++) {
    if (::prctl(PR_CAPBSET_READ, capability, 0, 0, 0) < 0) break;  // none of that number
    // Without CAP_SETPCAP the bounding set stays: what counts is dropped below.
    if ((kept >> capability & 1) == 0) ::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
  }
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  std::array<__user_cap_data_struct, 2> now{};
  if (::syscall(SYS_capget, &header, now.data()) != 0) {
    return std::unexpected(SystemError("read the capabilities", "", errno));
  }
  for (size_t half = 0; half < now.size(); half++) {
    const auto mask = static_cast<uint32_t>(kept >> (32 * half));
    now[half].effective &= mask;
    now[half].permitted &= mask;
    now[half].inheritable = 0;
  }
  if (::syscall(SYS_capset, &header, now.data()) != 0) {
    return std::unexpected(SystemError("drop capabilities", "", errno));
  }
  ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);  // nor by a program that it starts
  return {};
}

}  // namespace podtap::cli
