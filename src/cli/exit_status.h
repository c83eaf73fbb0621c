// Exit statuses, as the README's table has them.
#pragma once

#include <array>
#include <string_view>

#include "base/result.h"
#include "verdict/cause_class.h"

namespace podtap::cli {

inline constexpr int kOk = 0;
inline constexpr int kScriptFailed =
    1;  // a script's mistake or run-time error, a failed -c command
inline constexpr int kUsageError = 2;
inline constexpr int kNoPrivilege = 3;
inline constexpr int kNotSupported = 4;
inline constexpr int kSystemFailed = 5;
inline constexpr int kInternalError = 70;

// What `podtap watch --once` ends with, by the class of the cause: killed, stopped, memory,
// fault, exited, unknown. An exit by itself with code 0 is kOk.
inline constexpr std::array<int, verdict::kCauseClasses> kCauseStatuses = {10, 11, 12, 13, 14, 15};
inline constexpr int kDiedUnknown = kCauseStatuses.back();
inline int CauseStatus(std::string_view cause) {
  return kCauseStatuses.at(static_cast<size_t>(verdict::ClassOf(cause)));
}

inline int StatusOf(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kUsage:
      return kUsageError;
    case ErrorKind::kScript:
    case ErrorKind::kInput:
      return kScriptFailed;
    case ErrorKind::kPrivilege:
      return kNoPrivilege;
    case ErrorKind::kUnsupported:
      return kNotSupported;
    case ErrorKind::kSystem:
      return kSystemFailed;
    case ErrorKind::kInternal:
      return kInternalError;
  }
  return kInternalError;
}

}  // namespace podtap::cli
