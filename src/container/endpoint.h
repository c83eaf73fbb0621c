// Where container runtimes listen.
//
// What enters: what the user gave (--runtime-endpoint, an environment variable), or
// nothing. What leaves: the sockets that are there, one Runtime each.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/host_root.h"
#include "base/result.h"
#include "container/runtime.h"

namespace podtap::container {

// Names the endpoints when the command line doesn't: several with commas between them.
inline constexpr const char* kEndpointVariable = "PODTAP_RUNTIME_ENDPOINT";

// "unix:///run/x.sock" or "/run/x.sock" → the path. Anything else is an error of kUsage.
Result<std::string> ParseEndpoint(std::string_view text);
// The same of the variable's value.
Result<std::vector<std::string>> ParseEndpoints(std::string_view text);

struct RuntimeProblem {
  std::string socket;
  Error error;
};

struct Runtimes {
  std::vector<std::unique_ptr<Runtime>> found;
  std::vector<RuntimeProblem> problems;  // sockets that are there and can't be used
  std::vector<std::string> looked_at;    // paths on the host, found or not
  bool given = false;                    // by the user: each of them must work
};

// The sockets at the well-known places; a socket with several names is taken once.
Runtimes FindRuntimes(const HostRoot& root);
// Those sockets and no other; which protocol one speaks is asked when it is used first.
Runtimes UseRuntimes(const HostRoot& root, const std::vector<std::string>& sockets);

// A socket of a protocol that isn't known yet. any_runtime.cc
std::unique_ptr<Runtime> NewAnyRuntime(const HostRoot& root, std::string socket);

}  // namespace podtap::container
