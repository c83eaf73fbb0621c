// Who is connected to a runtime's socket right now: who may have asked for what it does.
//
// What enters: the path of a listening unix socket. What leaves: the processes that
// hold the other ends of its connections. The kernel tells peers by inode numbers
// (sock_diag(7), unix_diag); /proc/PID/fd tells whose they are. A connection belongs to
// the network namespace of whoever made it, so every one of the node's is asked: the
// updater in a container that has docker.sock mounted is found as well.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace podtap::container {

struct SocketClients {
  std::vector<int32_t> pids;  // on the host, each once; this process isn't among them
  bool incomplete = false;    // time ran out, or an end whose holder was not found
};

struct SocketClientsOptions {
  std::string proc = "/proc";
  std::chrono::milliseconds time{50};
};

// Errors: no netlink socket (kSystem).
Result<SocketClients> ClientsOf(const std::string& socket_path,
                                const SocketClientsOptions& options = {});

}  // namespace podtap::container
