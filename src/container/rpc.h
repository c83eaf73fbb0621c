// Remote procedure calls (gRPC) over a unix socket: bytes in, bytes out.
//
// Who calls knows what the bytes mean. gRPC's headers are only in rpc.cc; nothing of the
// library runs before the first channel is opened.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "container/deadline.h"
#include "container/unix_socket.h"

namespace podtap::container {

// gRPC's status codes (grpc/status.h) that are told apart.
inline constexpr int kRpcCancelled = 1;
inline constexpr int kRpcDeadline = 4;
inline constexpr int kRpcNotFound = 5;
inline constexpr int kRpcTooLarge = 8;
inline constexpr int kRpcUnimplemented = 12;
inline constexpr int kRpcUnavailable = 14;

struct RpcFailure {
  int code = 0;
  std::string message;  // the server's, or gRPC's own
};
using RpcAnswer = std::expected<std::string, RpcFailure>;

struct RpcRequest {
  std::string method;  // "/runtime.v1.RuntimeService/Version"
  std::string bytes;
};

// kubelet's own limit for an answer of the CRI.
inline constexpr int kMaxRpcAnswer = 16 << 20;

// A call that streams its answers. One thread reads; any may cancel.
class RpcStream {
 public:
  RpcStream() = default;
  virtual ~RpcStream() = default;
  RpcStream(const RpcStream&) = delete;
  RpcStream& operator=(const RpcStream&) = delete;

  // Waits for the next answer, however long. The end is a failure, with code 0 if the
  // server ended it in peace. A server that accepts the call says nothing before its first
  // answer; one that refuses says so at once.
  virtual RpcAnswer Next() = 0;
  virtual void Cancel() = 0;
};

class RpcChannel {
 public:
  RpcChannel() = default;
  virtual ~RpcChannel() = default;
  RpcChannel(const RpcChannel&) = delete;
  RpcChannel& operator=(const RpcChannel&) = delete;

  // Fails when nobody listens; connects in earnest with the first call. The channel keeps
  // the file open.
  static Result<std::unique_ptr<RpcChannel>> Open(SocketFile file, Deadline deadline);

  // All requests, some of them at a time; `done` gets the answer to request i, in the
  // order in which they come, on the caller's thread.
  virtual void Call(const std::vector<RpcRequest>& requests, Deadline deadline,
                    const std::function<void(size_t i, RpcAnswer answer)>& done) = 0;
  RpcAnswer Call(const RpcRequest& request, Deadline deadline);

  virtual std::unique_ptr<RpcStream> Stream(const RpcRequest& request) = 0;
};

// What went wrong, for the operator: "can't TRIED SOCKET: no answer in time".
Error RpcError(const char* tried, const std::string& socket, const RpcFailure& failure);

}  // namespace podtap::container
