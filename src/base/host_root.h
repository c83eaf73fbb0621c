// HostRoot: where the host's files are.
//
// On the host that is "/". In a container it is the folder where the host's root is
// mounted (--host-root /host). Symbolic links of the host, such as /var/run → /run,
// are followed within that folder, never out of it.
#pragma once

#include <string>

#include "base/fd.h"
#include "base/result.h"

namespace podtap {

class HostRoot {
 public:
  HostRoot() = default;
  // "" and "/" mean the same.
  explicit HostRoot(std::string folder);

  // "" for "/", else without a slash at its end.
  const std::string& folder() const { return folder_; }
  // How a path of the host is written here: "/host/run/docker.sock". For messages, and
  // for what has no symbolic links; else use Open.
  std::string Path(const std::string& host_path) const { return folder_ + host_path; }
  // open(2) with `flags` (O_CLOEXEC is added) and errno's word in the error; `tried`
  // starts its sentence. Needs Linux 5.6 where the folder isn't "/" (openat2(2)).
  Result<Fd> Open(const std::string& host_path, int flags, const char* tried) const;

 private:
  std::string folder_;
};

}  // namespace podtap
