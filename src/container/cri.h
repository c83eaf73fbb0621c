// The pieces of the CRI client that its event stream needs too.
#pragma once

#include <memory>
#include <string>

#include "base/host_root.h"
#include "base/result.h"
#include "container/rpc.h"
#include "container/runtime.h"

namespace podtap::container {

// A runtime's service, as far as it is known.
struct CriService {
  RuntimeKind kind = RuntimeKind::kUnknown;
  std::string version;
  std::string prefix;  // "/runtime.v1.RuntimeService/"
};

// Asks for the version, by v1 and then v1alpha2 (containerd before 1.6, CRI-O before
// 1.23). A server without the CRI (containerd with its plugin disabled, as Docker's own
// packages have it) is an error of kUnsupported.
Result<CriService> AskCriVersion(RpcChannel& channel, const std::string& socket, Deadline deadline);

Result<std::unique_ptr<EventStream>> OpenCriEvents(const HostRoot& root, const std::string& socket,
                                                   const EventOptions& options);

}  // namespace podtap::container
