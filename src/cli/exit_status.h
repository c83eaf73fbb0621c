// Exit statuses, as the README's table has them.
#pragma once

#include <array>
#include <string_view>

#include "base/result.h"

namespace podtap::cli {

inline constexpr int kOk = 0;
inline constexpr int kScriptFailed =
    1;  // a script's mistake or run-time error, a failed -c command
inline constexpr int kUsageError = 2;
inline constexpr int kNoPrivilege = 3;
inline constexpr int kNotSupported = 4;
inline constexpr int kSystemFailed = 5;
inline constexpr int kInternalError = 70;

// What `podtap watch --once` ends with, by the first word of the cause. An exit by itself
// with code 0 is kOk.
inline constexpr int kDiedUnknown = 15;
struct CauseStatusRow {
  std::string_view first_word;
  int status;
};
inline constexpr std::array kCauseStatuses = {
    CauseStatusRow{"killed", 10},  CauseStatusRow{"pdeathsig", 10},
    CauseStatusRow{"hangup", 10},  CauseStatusRow{"interrupt", 10},
    CauseStatusRow{"runtime", 11}, CauseStatusRow{"kubernetes", 11},
    CauseStatusRow{"oom", 12},     CauseStatusRow{"fault", 13},
    CauseStatusRow{"abort", 13},   CauseStatusRow{"seccomp", 13},
    CauseStatusRow{"rlimit", 13},  CauseStatusRow{"sigpipe", 13},
    CauseStatusRow{"alarm", 13},   CauseStatusRow{"pidns", 13},
    CauseStatusRow{"exit", 14},    CauseStatusRow{"start", 14},
};
inline int CauseStatus(std::string_view cause) {
  const std::string_view first = cause.substr(0, cause.find('.'));
  for (const CauseStatusRow& row : kCauseStatuses) {
    if (row.first_word == first) return row.status;
  }
  return kDiedUnknown;
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
