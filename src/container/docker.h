// The pieces of the Docker client that its event stream needs too.
#pragma once

#include <string>

#include "base/result.h"
#include "container/container.h"
#include "container/http.h"
#include "container/runtime.h"

namespace podtap::container {

// Docker's and Podman's answers name who gives them: "Docker/20.10.24 (linux)",
// "Libpod/4.3.1 (linux)".
struct ServerName {
  RuntimeKind kind = RuntimeKind::kUnknown;
  std::string version;
};
ServerName ParseServer(std::string_view server);

// An answer whose status isn't 200; 404 gets errno ENOENT.
Error StatusError(const std::string& tried, const std::string& socket, const HttpAnswer& answer);

// The target of a request for containers' events between two times. Since 0: from now on;
// until 0: without an end.
std::string DockerEventsTarget(int64_t since_unix_ns, int64_t until_unix_ns);

Result<std::unique_ptr<EventStream>> OpenDockerEvents(const HostRoot& root,
                                                      const std::string& socket, RuntimeKind kind,
                                                      const EventOptions& options);

}  // namespace podtap::container
