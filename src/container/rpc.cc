#include "container/rpc.h"

#include <grpc/support/log.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/credentials.h>

#include <algorithm>
#include <cerrno>
#include <mutex>

#include "container/quiet_thread.h"

namespace podtap::container {
namespace {

// So many calls wait for their answers at a time; each may take kMaxRpcAnswer bytes.
constexpr size_t kWindow = 16;

grpc::ByteBuffer ToBuffer(const std::string& bytes) {
  const grpc::Slice slice(bytes);
  return grpc::ByteBuffer(&slice, 1);
}

std::string ToBytes(const grpc::ByteBuffer& buffer) {
  std::string bytes;
  std::vector<grpc::Slice> slices;
  if (!buffer.Dump(&slices).ok()) return bytes;
  bytes.reserve(buffer.Length());
  for (const grpc::Slice& slice : slices) {
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return bytes;
}

RpcFailure ToFailure(const grpc::Status& status) {
  return {status.error_code(), status.error_message()};
}

// gRPC counts by the wall clock.
std::chrono::system_clock::time_point WallClock(Deadline deadline) {
  return std::chrono::system_clock::now() + std::chrono::milliseconds(MillisecondsLeft(deadline));
}

struct UnaryCall {
  size_t number = 0;
  grpc::ClientContext context;
  grpc::ByteBuffer answer;
  grpc::Status status;
  std::unique_ptr<grpc::GenericClientAsyncResponseReader> reader;
};

class Stream : public RpcStream {
 public:
  Stream(grpc::GenericStub& stub, const RpcRequest& request) {
    call_ = stub.PrepareCall(&context_, request.method, &queue_);
    call_->StartCall(this);
    if (!Step()) return;
    call_->WriteLast(ToBuffer(request.bytes), grpc::WriteOptions(), this);
    Step();
  }

  // Nothing may be left in the queue when it goes.
  ~Stream() override {
    context_.TryCancel();
    if (!finished_) Finish();
    queue_.Shutdown();
    void* tag = nullptr;
    bool ok = false;
    while (queue_.Next(&tag, &ok)) {
    }
  }

  RpcAnswer Next() override {
    if (finished_) return std::unexpected(Finish());
    grpc::ByteBuffer answer;
    call_->Read(&answer, this);
    if (!Step()) return std::unexpected(Finish());
    return ToBytes(answer);
  }

  void Cancel() override { context_.TryCancel(); }

 private:
  bool Step() {
    void* tag = nullptr;
    bool ok = false;
    const bool more = queue_.Next(&tag, &ok);
    return more && ok;
  }

  RpcFailure Finish() {
    if (!finished_) {
      finished_ = true;
      call_->Finish(&status_, this);
      Step();
    }
    return ToFailure(status_);
  }

  grpc::ClientContext context_;
  grpc::CompletionQueue queue_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> call_;
  grpc::Status status_;
  bool finished_ = false;
};

class Channel : public RpcChannel {
 public:
  explicit Channel(SocketFile file)
      : file_(std::move(file)), channel_(Make(file_)), stub_(channel_) {}

  void Call(const std::vector<RpcRequest>& requests, Deadline deadline,
            const std::function<void(size_t, RpcAnswer)>& done) override {
    grpc::CompletionQueue queue;
    std::vector<std::unique_ptr<UnaryCall>> calls(requests.size());
    size_t started = 0;
    const auto start = [&] {
      calls[started] = std::make_unique<UnaryCall>();
      UnaryCall& call = *calls[started];
      call.number = started;
      call.context.set_deadline(WallClock(deadline));
      call.reader = stub_.PrepareUnaryCall(&call.context, requests[started].method,
                                           ToBuffer(requests[started].bytes), &queue);
      call.reader->StartCall();
      call.reader->Finish(&call.answer, &call.status, &call);
      ++started;
    };
    while (started < std::min(kWindow, requests.size())) start();
    for (size_t finished = 0; finished < requests.size(); ++finished) {
      void* tag = nullptr;
      bool ok = false;
      queue.Next(&tag, &ok);
      const auto* call = static_cast<UnaryCall*>(tag);
      const size_t number = call->number;
      RpcAnswer answer = call->status.ok() ? RpcAnswer(ToBytes(call->answer))
                                           : std::unexpected(ToFailure(call->status));
      calls[number].reset();
      if (started < requests.size()) start();
      done(number, std::move(answer));
    }
    queue.Shutdown();
  }

  std::unique_ptr<RpcStream> Stream(const RpcRequest& request) override {
    return std::make_unique<container::Stream>(stub_, request);
  }

 private:
  static std::shared_ptr<grpc::Channel> Make(const SocketFile& file) {
    // Its threads are started here, its log would go to the terminal.
    const SignalsBlocked blocked;
    static std::once_flag once;
    std::call_once(once, [] { gpr_set_log_function([](gpr_log_func_args*) {}); });
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(kMaxRpcAnswer);
    arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    arguments.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
    // Its address is a descriptor's number: another channel may have the same one later.
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetString(GRPC_ARG_DEFAULT_AUTHORITY, "localhost");
    return grpc::CreateCustomChannel("unix:" + file.Address(), grpc::InsecureChannelCredentials(),
                                     arguments);
  }

  SocketFile file_;
  std::shared_ptr<grpc::Channel> channel_;
  grpc::GenericStub stub_;
};

}  // namespace

Result<std::unique_ptr<RpcChannel>> RpcChannel::Open(SocketFile file, Deadline deadline) {
  // gRPC says less clearly why it can't connect.
  if (auto tried = UnixSocket::Connect(file, deadline); !tried) {
    return std::unexpected(std::move(tried.error()));
  }
  return std::make_unique<Channel>(std::move(file));
}

RpcAnswer RpcChannel::Call(const RpcRequest& request, Deadline deadline) {
  RpcAnswer result = std::unexpected(RpcFailure{});
  Call({request}, deadline, [&](size_t, RpcAnswer answer) { result = std::move(answer); });
  return result;
}

Error RpcError(const char* tried, const std::string& socket, const RpcFailure& failure) {
  if (failure.code == kRpcDeadline) return TooLate(tried, socket);
  Error error{.kind = ErrorKind::kInput, .tried = tried, .on = socket, .reason = failure.message};
  if (failure.code == kRpcUnavailable) {
    error.reason = "the connection broke, or it doesn't speak gRPC";
    error.remedy = "is it a container runtime's socket?";
    error.detail = failure.message;
  } else if (failure.code == kRpcTooLarge) {
    error.reason = "the answer is longer than " + std::to_string(kMaxRpcAnswer) + " bytes";
  } else if (failure.code == kRpcUnimplemented) {
    error.kind = ErrorKind::kUnsupported;
  } else if (failure.code == kRpcNotFound) {
    error.error_number = ENOENT;
  } else if (failure.code == kRpcCancelled) {
    error.error_number = ECANCELED;
  }
  if (error.reason.empty()) error.reason = "gRPC status " + std::to_string(failure.code);
  return error;
}

}  // namespace podtap::container
