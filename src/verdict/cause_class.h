// The few kinds of ends that causes fall into: an exit status and a colour each.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace podtap::verdict {

enum class CauseClass : uint8_t { kKilled, kStopped, kMemory, kFault, kExited, kUnknown };
inline constexpr size_t kCauseClasses = static_cast<size_t>(CauseClass::kUnknown) + 1;

// By the first word of a cause's name.
struct CauseClassRow {
  std::string_view first_word;
  CauseClass is;
};
inline constexpr std::array kCauseClassRows = {
    CauseClassRow{"killed", CauseClass::kKilled},
    CauseClassRow{"pdeathsig", CauseClass::kKilled},
    CauseClassRow{"hangup", CauseClass::kKilled},
    CauseClassRow{"interrupt", CauseClass::kKilled},
    CauseClassRow{"runtime", CauseClass::kStopped},
    CauseClassRow{"kubernetes", CauseClass::kStopped},
    CauseClassRow{"oom", CauseClass::kMemory},
    CauseClassRow{"fault", CauseClass::kFault},
    CauseClassRow{"abort", CauseClass::kFault},
    CauseClassRow{"seccomp", CauseClass::kFault},
    CauseClassRow{"rlimit", CauseClass::kFault},
    CauseClassRow{"sigpipe", CauseClass::kFault},
    CauseClassRow{"alarm", CauseClass::kFault},
    CauseClassRow{"pidns", CauseClass::kFault},
    CauseClassRow{"exit", CauseClass::kExited},
    CauseClassRow{"start", CauseClass::kExited},
};

// `cause` as CauseName() has it, "killed.host". Of a word that nobody knows: kUnknown.
constexpr CauseClass ClassOf(std::string_view cause) {
  const std::string_view first = cause.substr(0, cause.find('.'));
  for (const CauseClassRow& row : kCauseClassRows) {
    if (row.first_word == first) return row.is;
  }
  return CauseClass::kUnknown;
}

}  // namespace podtap::verdict
