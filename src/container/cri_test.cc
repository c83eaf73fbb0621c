// The CRI client against a gRPC server of the test's own, and against servers that are
// none.
#include "container/cri.h"

#include <cri.pb.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <cerrno>
#include <filesystem>
#include <map>

#include "container/event_collector.h"
#include "container/fake_server.h"

namespace podtap::container {
namespace {

std::string Bytes(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  if (!buffer.Dump(&slices).ok()) return "";
  std::string bytes;
  for (const grpc::Slice& slice : slices) {
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return bytes;
}

struct Reply {
  std::vector<std::string> messages;
  grpc::Status status = grpc::Status::OK;
  bool hang = false;  // keeps the call open until the client goes
};

// One call: reads the request, writes the messages, ends.
class Reactor : public grpc::ServerGenericBidiReactor {
 public:
  explicit Reactor(std::function<Reply(const std::string&)> answer) : answer_(std::move(answer)) {
    StartRead(&request_);
  }
  void OnReadDone(bool ok) override {
    if (!ok) return;
    reply_ = answer_(Bytes(request_));
    Next();
  }
  void OnWriteDone(bool ok) override {
    if (ok) Next();
  }
  void OnCancel() override {
    if (hanging_) Finish(grpc::Status::CANCELLED);
  }
  void OnDone() override { delete this; }

 private:
  void Next() {
    if (next_ == reply_.messages.size()) {
      hanging_ = reply_.hang;
      if (!reply_.hang) Finish(reply_.status);
      return;
    }
    const grpc::Slice slice(reply_.messages[next_++]);
    message_ = grpc::ByteBuffer(&slice, 1);
    StartWrite(&message_);
  }

  std::function<Reply(const std::string&)> answer_;
  grpc::ByteBuffer request_, message_;
  Reply reply_;
  size_t next_ = 0;
  std::atomic<bool> hanging_ = false;
};

// A runtime that answers what the test says, by method ("/runtime.v1.RuntimeService/…").
class FakeCri {
 public:
  using Method = std::function<Reply(const std::string& request)>;

  FakeCri() {
    std::string pattern = std::filesystem::temp_directory_path() / "podtap-cri-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) std::abort();
    folder_ = pattern;
  }
  ~FakeCri() {
    Stop();
    std::filesystem::remove_all(folder_);
  }
  std::string path() const { return folder_ + "/cri.sock"; }

  void Start() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("unix:" + path(), grpc::InsecureServerCredentials());
    // gRPC takes a service once.
    service_ = std::make_unique<Service>(*this);
    builder.RegisterCallbackGenericService(service_.get());
    server_ = builder.BuildAndStart();
  }
  void Stop() {
    if (server_) server_->Shutdown(std::chrono::system_clock::now());
    server_.reset();
  }

  // By the method's name alone: "ContainerStatus".
  void Set(const std::string& method, Method answer) {
    const std::lock_guard lock(mutex_);
    methods_["/runtime." + version + ".RuntimeService/" + method] = std::move(answer);
  }
  Method Get(const std::string& method) {
    const std::lock_guard lock(mutex_);
    return methods_["/runtime." + version + ".RuntimeService/" + method];
  }
  void Answer(const std::string& method, const google::protobuf::MessageLite& message) {
    Set(method,
        [bytes = message.SerializeAsString()](const std::string&) { return Reply{{bytes}}; });
  }
  std::string version = "v1";

  // A runtime with so many running containers, two a pod.
  void Fill(int containers, const std::string& name = "containerd",
            const std::string& release = "2.1.9") {
    cri::VersionResponse runtime;
    runtime.set_runtime_name(name);
    runtime.set_runtime_version(release);
    Answer("Version", runtime);
    cri::ListContainersResponse list;
    cri::ListPodSandboxResponse pods;
    for (int i = 0; i < containers; ++i) {
      const std::string pod = std::to_string(i / 2);
      if (i % 2 == 0) {
        cri::PodSandbox& item = *pods.add_items();
        item.set_id("s" + pod);
        item.mutable_metadata()->set_name("web-" + pod);
        item.mutable_metadata()->set_namespace_("default");
        item.mutable_metadata()->set_uid("u" + pod);
      }
      cri::Container& item = *list.add_containers();
      item.set_id("c" + std::to_string(i));
      item.set_pod_sandbox_id("s" + pod);
      item.mutable_metadata()->set_name("n" + std::to_string(i % 2));
      item.set_state(1);
    }
    Answer("ListContainers", list);
    Answer("ListPodSandbox", pods);
    Set("ContainerStatus", [](const std::string& bytes) {
      cri::ContainerStatusRequest request;
      request.ParseFromString(bytes);
      cri::ContainerStatusResponse answer;
      const int number = std::atoi(request.container_id().c_str() + 1);
      answer.mutable_status()->set_id(request.container_id());
      answer.mutable_status()->mutable_metadata()->set_name("n" + std::to_string(number % 2));
      answer.mutable_status()->set_state(1);
      if (request.verbose()) {
        (*answer.mutable_info())["info"] = "{\"pid\":" + std::to_string(1000 + number) + "}";
      }
      return Reply{{answer.SerializeAsString()}};
    });
  }

 private:
  class Service : public grpc::CallbackGenericService {
   public:
    explicit Service(FakeCri& runtime) : runtime_(runtime) {}

   private:
    grpc::ServerGenericBidiReactor* CreateReactor(
        grpc::GenericCallbackServerContext* context) override {
      // gRPC's: it deletes itself when it is done.
      // NOLINTNEXTLINE(cppcoreguidelines-owning-memory)
      return new Reactor(runtime_.Find(context->method()));
    }
    FakeCri& runtime_;
  };

  Method Find(const std::string& method) {
    const std::lock_guard lock(mutex_);
    if (const auto found = methods_.find(method); found != methods_.end()) return found->second;
    return [](const std::string&) {
      return Reply{{}, {grpc::StatusCode::UNIMPLEMENTED, "unknown service"}};
    };
  }

  std::string folder_;
  std::mutex mutex_;
  std::map<std::string, Method> methods_;
  std::unique_ptr<Service> service_;
  std::unique_ptr<grpc::Server> server_;
};

Result<std::vector<Container>> List(const std::string& path, int milliseconds = 5000) {
  return NewCri(HostRoot(), path, RuntimeKind::kContainerd)
      ->List(After(std::chrono::milliseconds(milliseconds)));
}

const Container* Find(const std::vector<Container>& containers, const std::string& id) {
  for (const Container& container : containers) {
    if (container.id.value == id) return &container;
  }
  return nullptr;
}

TEST(CriTest, ListsPodsAndContainers) {
  FakeCri server;
  server.Fill(40);
  server.Start();
  const auto runtime = NewCri(HostRoot(), server.path(), RuntimeKind::kUnknown);
  const auto list = runtime->List(After(std::chrono::seconds(5)));
  ASSERT_TRUE(list) << list.error().Message();
  EXPECT_EQ(list->size(), 60u);
  EXPECT_EQ(runtime->kind(), RuntimeKind::kContainerd);
  EXPECT_EQ(runtime->version(), "2.1.9");
  const Container* one = Find(*list, "c33");
  ASSERT_NE(one, nullptr);
  EXPECT_EQ(one->name, "n1");
  EXPECT_EQ(one->pod, (Pod{"web-16", "default", "u16", "s16"}));
  EXPECT_EQ(one->init_pid, 1033);
  EXPECT_EQ(one->state, State::kRunning);
  const Container* sandbox = Find(*list, "s16");
  ASSERT_NE(sandbox, nullptr);
  EXPECT_TRUE(sandbox->is_sandbox);
}

TEST(CriTest, TheOldVersionToo) {
  FakeCri server;
  server.version = "v1alpha2";
  server.Fill(2, "cri-o", "1.20.0");
  server.Start();
  const auto runtime = NewCri(HostRoot(), server.path(), RuntimeKind::kUnknown);
  const auto list = runtime->List(After(std::chrono::seconds(5)));
  ASSERT_TRUE(list) << list.error().Message();
  EXPECT_EQ(list->size(), 3u);
  EXPECT_EQ(runtime->kind(), RuntimeKind::kCrio);
}

TEST(CriTest, GoneSinceTheList) {
  FakeCri server;
  server.Fill(4);
  const auto status = server.Get("ContainerStatus");
  server.Set("ContainerStatus", [status](const std::string& bytes) {
    cri::ContainerStatusRequest request;
    request.ParseFromString(bytes);
    if (request.container_id() != "c2") return status(bytes);
    return Reply{{}, {grpc::StatusCode::NOT_FOUND, "no such container"}};
  });
  server.Start();
  const auto list = List(server.path());
  ASSERT_TRUE(list) << list.error().Message();
  EXPECT_EQ(list->size(), 5u);
  EXPECT_EQ(Find(*list, "c2"), nullptr);
}

TEST(CriTest, InspectsAContainerASandboxOrNothing) {
  FakeCri server;
  server.Fill(2);
  const auto status = server.Get("ContainerStatus");
  server.Set("ContainerStatus", [status](const std::string& bytes) {
    if (bytes.find("c0") != std::string::npos) return status(bytes);
    return Reply{{}, {grpc::StatusCode::NOT_FOUND, "no such container"}};
  });
  server.Set("PodSandboxStatus", [](const std::string& bytes) {
    if (bytes.find("s0") == std::string::npos) {
      return Reply{{}, {grpc::StatusCode::NOT_FOUND, "no such sandbox"}};
    }
    cri::PodSandboxStatusResponse answer;
    answer.mutable_status()->set_id("s0");
    (*answer.mutable_info())["info"] = "{\"pid\":17}";
    return Reply{{answer.SerializeAsString()}};
  });
  server.Start();
  const auto runtime = NewCri(HostRoot(), server.path(), RuntimeKind::kContainerd);
  const Deadline deadline = After(std::chrono::seconds(5));
  EXPECT_EQ(runtime->Inspect({"c0"}, deadline).value_or(Container()).init_pid, 1000);
  const auto sandbox = runtime->Inspect({"s0"}, deadline);
  ASSERT_TRUE(sandbox) << sandbox.error().Message();
  EXPECT_TRUE(sandbox->is_sandbox);
  EXPECT_EQ(sandbox->init_pid, 17);
  const auto nothing = runtime->Inspect({"x"}, deadline);
  ASSERT_FALSE(nothing);
  EXPECT_EQ(nothing.error().error_number, ENOENT);
}

std::string Without(std::string message, const std::string& path) {
  const size_t at = message.find(path);
  return at == std::string::npos ? message : message.replace(at, path.size(), "SOCKET");
}

// The message that comes of a server that is no gRPC server.
std::string Complaint(const FakeServer::Handler& handler, int milliseconds) {
  FakeServer server(handler);
  const auto list = List(server.path(), milliseconds);
  return list ? "" : Without(list.error().Message(), server.path());
}

TEST(CriTest, OneClearMessageForEachTrouble) {
  constexpr const char* kNoGrpc =
      "can't ask for the version of SOCKET: the connection broke, or it doesn't speak gRPC; "
      "is it a container runtime's socket?";
  constexpr const char* kLate =
      "can't ask for the version of SOCKET: no answer in time; "
      "does the runtime hang? --timeout gives it longer";
  EXPECT_EQ(Complaint([](FakeServer::Peer&) {}, 3000), kNoGrpc);
  EXPECT_EQ(Complaint([](FakeServer::Peer& peer) { peer.Send(std::string(100, 'x')); }, 3000),
            kNoGrpc);
  EXPECT_EQ(Complaint([](FakeServer::Peer& peer) { peer.WaitForEnd(); }, 200), kLate);
}

TEST(CriTest, AServerWithoutTheCri) {
  FakeCri server;
  server.Start();
  const auto list = List(server.path());
  ASSERT_FALSE(list);
  EXPECT_EQ(list.error().kind, ErrorKind::kUnsupported);
}

TEST(CriTest, AnswersThatAreNoMessagesOrTooLong) {
#ifdef __SANITIZE_THREAD__
  GTEST_SKIP() << "gRPC's own server doesn't get 16 MiB through under ThreadSanitizer";
#endif
  FakeCri server;
  server.Fill(2);
  server.Set("ListContainers", [](const std::string&) { return Reply{{"\xff\xff\xff\xff"}}; });
  server.Start();
  auto list = List(server.path());
  ASSERT_FALSE(list);
  EXPECT_EQ(Without(list.error().Message(), server.path()),
            "can't understand the answer of SOCKET: it isn't what the CRI says");

  server.Set("ListContainers",
             [](const std::string&) { return Reply{{std::string(kMaxRpcAnswer + 100, '\0')}}; });
  list = List(server.path());
  ASSERT_FALSE(list);
  EXPECT_EQ(Without(list.error().Message(), server.path()),
            "can't list the containers of SOCKET: the answer is longer than 16777216 bytes");
}

TEST(CriTest, ACallThatHangs) {
  FakeCri server;
  server.Fill(2);
  server.Set("ListContainers", [](const std::string&) { return Reply{.hang = true}; });
  server.Start();
  const auto list = List(server.path(), 300);
  ASSERT_FALSE(list);
  EXPECT_EQ(list.error().error_number, ETIMEDOUT);
}

std::string Said(const EventBatch& batch) {
  std::string said;
  for (const RuntimeEvent& event : batch.events) {
    said += event.container.value + " " + event.action;
    if (event.exit_code) said += " " + std::to_string(*event.exit_code);
    said += "; ";
  }
  return said;
}

std::string EventBytes(const std::string& id, int32_t type) {
  cri::ContainerEventResponse message;
  message.set_container_id(id);
  message.set_container_event_type(type);
  return message.SerializeAsString();
}

TEST(CriEventsTest, AStreamThatIsCutAndComesBack) {
  FakeCri server;
  server.Fill(2);
  server.Set("GetContainerEvents", [](const std::string&) {
    return Reply{.messages = {EventBytes("c0", 1), EventBytes("c0", 2)}, .hang = true};
  });
  server.Start();
  const auto runtime = NewCri(HostRoot(), server.path(), RuntimeKind::kContainerd);
  const auto stream = runtime->Events({});
  ASSERT_TRUE(stream) << stream.error().Message();
  const auto first =
      CollectEvents(**stream, [](const EventBatch& batch) { return batch.events.size() == 2; });
  EXPECT_EQ(Said(first), "c0 start; c0 die; ");
  EXPECT_FALSE(first.interrupted);

  server.Stop();
  const auto lost =
      CollectEvents(**stream, [](const EventBatch& batch) { return batch.interrupted; });
  EXPECT_TRUE(lost.interrupted);
  ASSERT_EQ(lost.notes.size(), 1u);
  EXPECT_TRUE(lost.notes[0].starts_with("lost the events of " + server.path() + ": "));
  server.Start();
  const auto back =
      CollectEvents(**stream, [](const EventBatch& batch) { return batch.events.size() == 2; });
  EXPECT_EQ(back.notes,
            (std::vector<std::string>{"following the events of " + server.path() + " again"}));
}

TEST(CriEventsTest, AnOldContainerdIsAskedAgainAndAgain) {
  FakeCri server;
  server.Fill(2, "containerd", "1.7.24");
  // One state a question: not there, created, running, exited, gone.
  std::atomic<int> question = 0;
  server.Set("ListContainers", [&](const std::string&) {
    cri::ListContainersResponse list;
    const int state = question++ - 1;
    if (state >= 0 && state <= 2) {
      list.add_containers()->set_id("c5");
      list.mutable_containers(0)->set_state(state);
    }
    return Reply{{list.SerializeAsString()}};
  });
  server.Set("ContainerStatus", [](const std::string&) {
    cri::ContainerStatusResponse answer;
    answer.mutable_status()->set_id("c5");
    answer.mutable_status()->set_state(2);
    answer.mutable_status()->set_exit_code(3);
    answer.mutable_status()->set_finished_at(99);
    return Reply{{answer.SerializeAsString()}};
  });
  std::atomic<bool> listened = false;
  server.Set("GetContainerEvents", [&](const std::string&) {
    listened = true;
    return Reply{.hang = true};
  });
  server.Start();
  const auto runtime = NewCri(HostRoot(), server.path(), RuntimeKind::kContainerd);
  const auto refused = runtime->Events({});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kUnsupported);

  const auto stream = runtime->Events({.poll_interval = std::chrono::milliseconds(20)});
  ASSERT_TRUE(stream) << stream.error().Message();
  const auto batch =
      CollectEvents(**stream, [](const EventBatch& all) { return all.events.size() == 4; });
  EXPECT_EQ(Said(batch), "c5 create; c5 start; c5 die 3; c5 destroy; ");
  EXPECT_EQ(batch.events[2].time_unix_ns, 99);
  EXPECT_FALSE(listened);
}

TEST(CriEventsTest, ARefusedStreamIsPolledOrSaid) {
  FakeCri server;
  server.Fill(2, "cri-o", "1.30.0");  // GetContainerEvents: UNIMPLEMENTED
  server.Start();
  const auto runtime = NewCri(HostRoot(), server.path(), RuntimeKind::kCrio);
  const auto said = runtime->Events({});
  ASSERT_TRUE(said);
  const auto note =
      CollectEvents(**said, [](const EventBatch& batch) { return !batch.notes.empty(); });
  EXPECT_EQ(note.notes, (std::vector<std::string>{"can't follow the events of " + server.path() +
                                                  ": cri-o 1.30.0 offers no event stream"}));

  // Both containers are there at first, then they aren't.
  std::atomic<int> question = 0;
  server.Set("ListContainers", [&, full = server.Get("ListContainers")](const std::string& bytes) {
    return question++ == 0 ? full(bytes) : Reply{{""}};
  });
  const auto polled = runtime->Events({.poll_interval = std::chrono::milliseconds(20)});
  ASSERT_TRUE(polled);
  const auto batch =
      CollectEvents(**polled, [](const EventBatch& all) { return all.events.size() == 4; });
  EXPECT_EQ(batch.events.size(), 4u);  // both have died and are gone
}

}  // namespace
}  // namespace podtap::container
