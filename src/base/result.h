// Result and Error: how a failure of the machine travels.
//
// A user's mistake in a script is a source::Diagnostic, not an Error. An Error
// says what was tried, on what, what went wrong and what to do about it, so
// that every message to the operator can be one clear line.
#pragma once

#include <expected>
#include <string>
#include <utility>

namespace podtap {

// What kind of failure it is; the command line maps it to the exit status.
enum class ErrorKind {
  kUsage,        // the command line is wrong
  kScript,       // the script is wrong; diagnostics were already printed
  kInput,        // a file or an answer that can't be read or understood
  kPrivilege,    // not root, or a capability is missing
  kUnsupported,  // this kernel or runtime can't do it
  kSystem,       // a system call failed
  kInternal,     // a mistake of ours
};

struct Error {
  ErrorKind kind = ErrorKind::kInternal;
  std::string tried;   // "load the program for kernel.trace(\"signal_generate\")"
  std::string on;      // "/sys/kernel/btf/vmlinux"; empty when there is no object
  std::string reason;  // "operation not permitted"
  int error_number = 0;
  std::string remedy;  // "run it as root"; empty when there is none
  std::string detail;  // long text shown under -v only (a verifier log)

  // One line: "can't TRIED ON: REASON; REMEDY".
  std::string Message() const;
};

template <typename T>
using Result = std::expected<T, Error>;

// An error for a system call that failed with `error_number` (errno).
Error SystemError(std::string tried, std::string on, int error_number, std::string remedy = "");

}  // namespace podtap
