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
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"

namespace podtap::container {

struct SocketClients {
  std::vector<int32_t> pids;  // on the host, each once; this process isn't among them
  bool incomplete = false;    // time ran out, or an end whose holder was not found
};

// Remembers who held which end, so that only new connections have to be looked for: of
// use to one thread at a time.
class SocketClientsFinder {
 public:
  explicit SocketClientsFinder(std::string proc = "/proc") : proc_(std::move(proc)) {}

  // Errors: no netlink socket (kSystem). The connections are those of the call's begin;
  // `time` is for finding who holds them.
  Result<SocketClients> Find(const std::string& socket_path, std::chrono::milliseconds time);

 private:
  // Finds holders of `wanted`, the youngest processes first; true if all were found.
  bool Resolve(std::set<uint64_t> wanted, std::chrono::steady_clock::time_point until);

  std::string proc_;
  std::map<uint64_t, int32_t> holders_;  // pid by inode
};

}  // namespace podtap::container
