// The errors of this room, each one line to make.
#pragma once

#include <expected>
#include <string>
#include <utility>

#include "base/result.h"

namespace podtap::bpf {

inline Error MakeError(ErrorKind kind, std::string reason, std::string remedy = "") {
  Error error;
  error.kind = kind;
  error.tried = "compile the probe";
  error.reason = std::move(reason);
  error.remedy = std::move(remedy);
  return error;
}

// The program is fine, but a kernel can't run it.
inline std::unexpected<Error> Unsupported(std::string reason, std::string remedy = "") {
  return std::unexpected(MakeError(ErrorKind::kUnsupported, std::move(reason), std::move(remedy)));
}

inline std::unexpected<Error> Internal(std::string reason) {
  return std::unexpected(MakeError(ErrorKind::kInternal, std::move(reason)));
}

}  // namespace podtap::bpf
