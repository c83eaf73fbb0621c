// The kernel's build configuration.
//
// What enters: /proc/config.gz or /boot/config-RELEASE. What leaves: CONFIG_…
// names and values ("y", "m", "250", "\"text\""), for %( CONFIG_X == "y" %).
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace podtap::kernel {

// Lines that are no CONFIG_NAME=value are skipped.
std::map<std::string, std::string> ParseConfig(std::string_view text);

// Empty when there is neither file. About 3 ms: only when a script asks.
std::map<std::string, std::string> ReadConfig(const std::string& release);

}  // namespace podtap::kernel
