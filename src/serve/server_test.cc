#include "serve/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <random>
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
              AllOf(StartsWith("HTTP/1.1 405 "), HasSubstr("\r\nAllow: GET, HEAD\r\n")));
}

TEST_F(ServerTest, Nonsense) {
  EXPECT_THAT(Ask("\x16\x03\x01 nonsense\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(Ask("GET /" + std::string(20000, 'x') + " HTTP/1.1\r\n\r\n"),
              StartsWith("HTTP/1.1 431 "));
}

TEST_F(ServerTest, Garbage) {
  std::minstd_rand random(1);
  const std::string request = "GET /metrics HTTP/1.1\r\nHost: x\r\nA: b\r\n\r\n";
  for (int i = 0; i < 300; i++) {
    std::string bytes = i % 2 == 0 ? request : std::string(1 + random() % 3000, ' ');
    const size_t changed = i % 2 == 0 ? 1 + random() % 4 : bytes.size();
    for (size_t n = 0; n < changed; n++) {
      bytes[random() % bytes.size()] = static_cast<char>(random() % 256);
    }
    const Fd fd = Connect();
    Say(fd, bytes);
    ::shutdown(fd.get(), SHUT_WR);
    EXPECT_THAT(ReadAll(fd), Not(HasSubstr("<timeout>")));
  }
  EXPECT_THAT(Ask(request), StartsWith("HTTP/1.1 200 "));
}

TEST_F(ServerTest, HalfARequestThenTheEnd) {
  const Fd fd = Connect();
  Say(fd, "GET /metrics HTTP/1.1\r\nHos");
  ::shutdown(fd.get(), SHUT_WR);
  EXPECT_EQ(ReadAll(fd), "");
}

TEST_F(ServerTest, TooManyAreHungUpOn) {
  std::vector<Fd> clients;
  for (int i = 0; i < 40; i++) clients.push_back(Connect());
  for (int i = 32; i < 40; i++) EXPECT_EQ(ReadAll(clients[static_cast<size_t>(i)]), "");
  clients.front() = Fd();
  // As soon as one has gone.
  std::string answer;
  for (int i = 0; i < 100 && answer.empty(); i++) {
    const Fd fd = Connect();
    const std::string_view request = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
    if (::send(fd.get(), request.data(), request.size(), MSG_NOSIGNAL) > 0) answer = ReadAll(fd);
  }
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 503 "));
}

// Who never stops sending gets his answer, and has neither the others nor the end wait.
TEST_F(ServerTest, AnEndlessClient) {
  const Fd fd = Connect();
  Say(fd, "POST /metrics HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n");
  std::jthread endless([&](const std::stop_token& stop) {
    const std::string body(65536, 'x');
    while (!stop.stop_requested() && ::send(fd.get(), body.data(), body.size(), MSG_NOSIGNAL) > 0) {
    }
  });
  for (int i = 0; i < 20; i++) {
    EXPECT_THAT(Ask("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"), StartsWith("HTTP/1.1 200 "));
  }
  const auto before = std::chrono::steady_clock::now();
  server_.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(1));
  endless.request_stop();
  ::shutdown(fd.get(), SHUT_RDWR);
}

TEST(BigPageTest, WhoReadsSlowlyHoldsNobodyUp) {
  const std::string big(16 << 20, 'x');
  auto server = Server::Listen("127.0.0.1:0", {{"/big", [&] { return Page{.body = big}; }},
                                               {"/", [] { return Page{.body = "small"}; }}});
  ASSERT_TRUE(server);
  const HostPort at{"127.0.0.1", std::to_string((*server)->port())};
  const auto ask = [&](const std::string& path) {
    auto fd = ConnectTo(at, container::After(std::chrono::seconds(5)));
    const std::string request = "GET " + path + " HTTP/1.1\r\n\r\n";
    ::send(fd->get(), request.data(), request.size(), MSG_NOSIGNAL);
    return std::move(*fd);
  };
  const auto read_all = [](const Fd& fd) {
    std::string all;
    std::array<char, 65536> bytes{};
    for (pollfd wait{fd.get(), POLLIN, 0}; ::poll(&wait, 1, 3000) > 0;) {
      const ssize_t n = ::recv(fd.get(), bytes.data(), bytes.size(), 0);
      if (n <= 0) break;
      all.append(bytes.data(), static_cast<size_t>(n));
    }
    return all;
  };
  const Fd slow = ask("/big");
  EXPECT_THAT(read_all(ask("/")), EndsWith("small"));
  EXPECT_THAT(read_all(slow).size(), testing::Gt(big.size()));
}

// A signal that the main thread waits for by signalfd(2) must not end a thread of ours,
// which may have begun before the main thread blocked it.
TEST_F(ServerTest, SignalsAreForTheMainThread) {
  EXPECT_THAT(Ask("GET /metrics HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.1 200 "));
  constexpr uint64_t kSigterm = uint64_t{1} << (SIGTERM - 1);
  int others = 0;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    if (task.path().filename() == std::to_string(::getpid())) continue;
    std::ifstream status(task.path() / "status");
    for (std::string line; std::getline(status, line);) {
      if (!line.starts_with("SigBlk:")) continue;
      others++;
      EXPECT_NE(std::stoull(line.substr(7), nullptr, 16) & kSigterm, 0U) << task.path();
    }
  }
  EXPECT_GE(others, 1);
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

TEST(ListenTest, OtherAddresses) {
  const auto six = Server::Listen("[::1]:0", SomeRoutes());
  if (six) {
    auto fd = ConnectTo({"::1", std::to_string((*six)->port())},
                        container::After(std::chrono::seconds(5)));
    EXPECT_TRUE(fd);
    const std::string port = std::to_string((*six)->port());
    EXPECT_THAT(Server::Listen("[::1]:" + port, {}).error().Message(),
                StartsWith("can't listen on [::1]:" + port + ": "));
  }
  EXPECT_THAT(Server::Listen("192.0.2.1:0", {}).error().Message(), HasSubstr("--listen"));
  EXPECT_THAT(Server::Listen("example.org:9746", {}).error().Message(),
              HasSubstr("127.0.0.1:9746"));
  EXPECT_TRUE(Server::Listen("localhost:0", SomeRoutes()));
  EXPECT_EQ(Server::Listen("9746", {}).error().kind, ErrorKind::kUsage);
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
