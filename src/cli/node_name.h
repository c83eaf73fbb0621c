// The machine's name.
#pragma once

#include <sys/utsname.h>

#include <string>

namespace podtap::cli {

// As uname -n has it.
inline std::string NodeName() {
  struct utsname name {};
  return ::uname(&name) == 0 ? name.nodename : "this node";
}

}  // namespace podtap::cli
