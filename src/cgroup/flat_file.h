// "flat keyed" files of cgroups, a "key value" a line, and files of a single value
// (Documentation/admin-guide/cgroup-v2.rst).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace podtap::cgroup {

inline constexpr uint64_t kNoLimit = UINT64_MAX;

// nullopt: no such key, or no number there.
std::optional<uint64_t> FlatValue(std::string_view text, std::string_view key);

// "max" is kNoLimit. nullopt: not a number.
std::optional<uint64_t> SingleValue(std::string_view text);

}  // namespace podtap::cgroup
