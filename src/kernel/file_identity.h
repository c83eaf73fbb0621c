// A path → the device and inode that the kernel's own structs hold for it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "kernel/kernel.h"

namespace podtap::kernel {

// MKDEV of include/linux/kdev_t.h: super_block.s_dev has 20 bits of minor.
constexpr uint64_t KernelDevice(uint32_t major, uint32_t minor) {
  return uint64_t{major} << 20 | minor;
}

// The device of the mount with that id, from the text of /proc/self/mountinfo
// ("36 35 98:0 /root /mnt …").
std::optional<uint64_t> MountDevice(std::string_view mountinfo, uint64_t mount_id);

// Follows symbolic links. The device is the mounted super block's, which is what
// programs compare with: st_dev differs from it on btrfs (a number of its own for
// each subvolume). Caveat: on overlayfs with layers on several file systems and
// without xino, st_ino isn't the overlay inode's number and no probe will match.
Result<Kernel::FileIdentity> IdentifyPath(const std::string& path);

}  // namespace podtap::kernel
