#include "container/endpoint.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "container/fake_server.h"

namespace podtap::container {
namespace {

namespace fs = std::filesystem;

TEST(EndpointTest, Addresses) {
  EXPECT_EQ(ParseEndpoint("unix:///run/x.sock").value_or(""), "/run/x.sock");
  EXPECT_EQ(ParseEndpoint("/run/x.sock").value_or(""), "/run/x.sock");
  for (const char* text : {"", "/", "unix://", "unix://run/x", "tcp://1.2.3.4:80", "run/x.sock",
                           "npipe:////./pipe/x"}) {
    const auto path = ParseEndpoint(text);
    ASSERT_FALSE(path) << text;
    EXPECT_EQ(path.error().kind, ErrorKind::kUsage);
  }
  EXPECT_EQ(ParseEndpoints("unix:///a,,/b,").value_or(std::vector<std::string>()),
            (std::vector<std::string>{"/a", "/b"}));
  EXPECT_FALSE(ParseEndpoints("unix:///a,b"));
}

// A host's root with sockets in it.
class FindTest : public testing::Test {
 protected:
  void SetUp() override { fs::create_directories(folder() + "/run/containerd"); }
  std::string folder() const { return server_.folder(); }
  void Listen(const std::string& path) {
    fs::create_directories(fs::path(folder() + path).parent_path());
    // A name for the same socket.
    fs::create_hard_link(server_.path(), folder() + path);
  }
  void ListenElsewhere(const std::string& path) {
    fs::create_directories(fs::path(folder() + path).parent_path());
    others_.push_back(std::make_unique<FakeServer>([](FakeServer::Peer&) {}));
    fs::rename(others_.back()->path(), folder() + path);
  }

  FakeServer server_{[](FakeServer::Peer&) {}};
  std::vector<std::unique_ptr<FakeServer>> others_;
};

TEST_F(FindTest, EachSocketOnce) {
  fs::create_directories(folder() + "/var");
  fs::create_directory_symlink("/run", folder() + "/var/run");
  Listen("/run/docker.sock");
  ListenElsewhere("/run/containerd/containerd.sock");
  const Runtimes runtimes = FindRuntimes(HostRoot(folder()));
  ASSERT_EQ(runtimes.found.size(), 2u);
  EXPECT_EQ(runtimes.found[0]->socket(), "/run/docker.sock");
  EXPECT_EQ(runtimes.found[0]->kind(), RuntimeKind::kDocker);
  EXPECT_EQ(runtimes.found[1]->socket(), "/run/containerd/containerd.sock");
  EXPECT_EQ(runtimes.found[1]->kind(), RuntimeKind::kContainerd);
  EXPECT_TRUE(runtimes.problems.empty());
  EXPECT_EQ(runtimes.looked_at.size(), 10u);
  EXPECT_FALSE(runtimes.given);
}

TEST_F(FindTest, WhatIsThereButNoSocketIsAProblem) {
  fs::create_directories(folder() + "/run/crio/crio.sock");
  const Runtimes runtimes = FindRuntimes(HostRoot(folder()));
  EXPECT_TRUE(runtimes.found.empty());
  ASSERT_EQ(runtimes.problems.size(), 1u);
  EXPECT_EQ(runtimes.problems[0].error.reason, "it is no socket");
}

TEST_F(FindTest, GivenOnesMustBeThere) {
  const Runtimes runtimes = UseRuntimes(HostRoot(folder()), {"/runtime.sock", "/run/none.sock"});
  EXPECT_TRUE(runtimes.given);
  EXPECT_EQ(runtimes.found.size(), 1u);
  ASSERT_EQ(runtimes.problems.size(), 1u);
  EXPECT_EQ(runtimes.problems[0].socket, "/run/none.sock");
}

TEST(AnyRuntimeTest, HttpOrNot) {
  FakeServer docker([](FakeServer::Peer& peer) {
    while (!peer.Request().empty()) peer.Send(HttpOk("[]"));
  });
  const auto http = NewAnyRuntime(HostRoot(), docker.path());
  EXPECT_EQ(http->kind(), RuntimeKind::kUnknown);
  ASSERT_TRUE(http->List(After(std::chrono::seconds(5))));
  EXPECT_EQ(http->kind(), RuntimeKind::kDocker);

  FakeServer other([](FakeServer::Peer& peer) { peer.Send(std::string("\0\0\6\4\0\0\0\0\0", 9)); });
  const auto list = NewAnyRuntime(HostRoot(), other.path())->List(After(std::chrono::seconds(5)));
  ASSERT_FALSE(list);
  EXPECT_NE(list.error().Message().find("doesn't speak gRPC"), std::string::npos);

  FakeServer hung([](FakeServer::Peer& peer) { peer.WaitForEnd(); });
  const auto late =
      NewAnyRuntime(HostRoot(), hung.path())->List(After(std::chrono::milliseconds(150)));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().error_number, ETIMEDOUT);
}

}  // namespace
}  // namespace podtap::container
