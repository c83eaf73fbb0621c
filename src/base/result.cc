#include "base/result.h"

#include <cerrno>
#include <system_error>

namespace podtap {

std::string Error::Message() const {
  std::string text = "can't " + tried;
  if (!on.empty()) text += " " + on;
  if (!reason.empty()) text += ": " + reason;
  if (!remedy.empty()) text += "; " + remedy;
  return text;
}

Error SystemError(std::string tried, std::string on, int error_number, std::string remedy) {
  const bool denied = error_number == EPERM || error_number == EACCES;
  return Error{.kind = denied ? ErrorKind::kPrivilege : ErrorKind::kSystem,
               .tried = std::move(tried),
               .on = std::move(on),
               .reason = std::generic_category().message(error_number),
               .error_number = error_number,
               .remedy = std::move(remedy),
               .detail = ""};
}

}  // namespace podtap
