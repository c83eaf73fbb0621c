#include "serve/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <vector>

#include "serve/address.h"

namespace podtap::serve {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

Routes SomeRoutes() {
  return {{"/metrics", [] { return Page{.body = "podtap_lives 3\n"}; }},
          {"/healthz", [] { return Page{.status = 503, .body = "full\n"}; }}};
}

class ServerTest : public testing::Test {
 protected:
  void SetUp() override {
    auto server = Server::Listen("127.0.0.1:0", SomeRoutes());
    ASSERT_TRUE(server) << server.error().Message();
    server_ = std::move(*server);
  }
  Fd Connect() const {
    auto fd = ConnectTo({"127.0.0.1", std::to_string(server_->port())},
                        container::After(std::chrono::seconds(5)));
    return fd ? std::move(*fd) : Fd();
  }
  static void Say(const Fd& fd, std::string_view text) {
    ASSERT_EQ(::send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL), std::ssize(text));
  }
  static std::string ReadAll(const Fd& fd) {
    std::string all;
    std::array<char, 4096> bytes{};
    for (;;) {
      pollfd wait{fd.get(), POLLIN, 0};
      if (::poll(&wait, 1, 8000) <= 0) return all + "<timeout>";
      const ssize_t n = ::recv(fd.get(), bytes.data(), bytes.size(), 0);
      if (n <= 0) return all;
      all.append(bytes.data(), static_cast<size_t>(n));
    }
  }
  std::string Ask(std::string_view request) const {
    const Fd fd = Connect();
    Say(fd, request);
    return ReadAll(fd);
  }

  std::unique_ptr<Server> server_;
};

TEST_F(ServerTest, GetAndHead) {
  EXPECT_THAT(Ask("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"),
              AllOf(StartsWith("HTTP/1.1 200 OK\r\n"), HasSubstr("Content-Length: 15\r\n"),
                    EndsWith("\r\n\r\npodtap_lives 3\n")));
  EXPECT_THAT(Ask("HEAD /metrics?x=1 HTTP/1.1\r\nHost: x\r\n\r\n"),
              AllOf(HasSubstr("Content-Length: 15\r\n"), EndsWith("\r\n\r\n")));
  EXPECT_THAT(Ask("GET /healthz HTTP/1.0\r\n\r\n"), StartsWith("HTTP/1.1 503 "));
}

TEST_F(ServerTest, WhatItDoesNotHave) {
  EXPECT_THAT(Ask("GET /etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n"),
              AllOf(StartsWith("HTTP/1.1 404 "), HasSubstr("/metrics")));
  EXPECT_THAT(Ask("POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi"),
              StartsWith("HTTP/1.1 405 "));
}

TEST_F(ServerTest, Nonsense) {
  EXPECT_THAT(Ask("\x16\x03\x01 nonsense\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(Ask("GET /" + std::string(20000, 'x') + " HTTP/1.1\r\n\r\n"),
              StartsWith("HTTP/1.1 431 "));
}

TEST_F(ServerTest, PieceByPiece) {
  const Fd fd = Connect();
  for (const char c : std::string("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")) Say(fd, {&c, 1});
  EXPECT_THAT(ReadAll(fd), StartsWith("HTTP/1.1 200 "));
}

TEST_F(ServerTest, WhoSaysNothingHoldsNobodyUp) {
  std::vector<Fd> silent;
  for (int i = 0; i < 20; i++) silent.push_back(Connect());
  Say(silent.front(), "GET /met");
  EXPECT_THAT(Ask("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"), StartsWith("HTTP/1.1 200 "));
  // Thrown out after five seconds.
  EXPECT_THAT(ReadAll(silent.front()), Not(HasSubstr("<timeout>")));
}

TEST_F(ServerTest, APortThatIsTaken) {
  const auto second = Server::Listen("127.0.0.1:" + std::to_string(server_->port()), {});
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().Message(), HasSubstr("Address already in use"));
}

TEST(AddressTest, Forms) {
  EXPECT_EQ(ParseHostPort("[::1]:80")->host, "::1");
  EXPECT_EQ(ParseHostPort("localhost:9746")->port, "9746");
  for (const char* wrong : {"", "9746", ":9746", "::1:80", "a:99999", "a:x", "a:"}) {
    EXPECT_FALSE(ParseHostPort(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace podtap::serve
