#include "serve/notifier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <vector>

namespace podtap::serve {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

constexpr Notifier::Patience kQuick{
    .one_try = milliseconds(2000), .first_pause = milliseconds(1), .tries = 3};

template <typename Holds>
bool Within(Holds holds) {
  for (int i = 0; i < 500 && !holds(); i++) std::this_thread::sleep_for(milliseconds(10));
  return holds();
}

Result<void> Fail() { return std::unexpected(Error{.tried = "send", .on = "it", .reason = "no"}); }

TEST(NotifierTest, TriesAgainAndGivesUp) {
  std::atomic<int> tries = 0;
  std::string noted;
  {
    Notifier notifier(
        [&](const std::string& text, auto, const auto&) {
          tries++;
          return text == "good" && tries > 4 ? Result<void>{} : Fail();
        },
        [&](const std::string& note) { noted = note; }, kQuick);
    notifier.Post("bad");
    notifier.Post("good");
    ASSERT_TRUE(Within([&] { return notifier.numbers().sent == 1; }));
    EXPECT_EQ(notifier.numbers().given_up, 1U);
    EXPECT_EQ(notifier.numbers().failed_tries, 4U);
  }
  EXPECT_THAT(noted, HasSubstr("can't send it: no, after 3 tries"));
}

TEST(NotifierTest, TheOldestIsDropped) {
  std::mutex gate;
  std::vector<std::string> sent;
  {
    std::unique_lock closed(gate);
    Notifier notifier(
        [&](const std::string& text, auto, const auto&) -> Result<void> {
          const std::lock_guard lock(gate);
          sent.push_back(text);
          return {};
        },
        [](const std::string&) {}, kQuick);
    for (size_t i = 0; i < Notifier::kMostWaiting + 10; i++) notifier.Post(std::to_string(i));
    EXPECT_EQ(notifier.numbers().dropped, 10U);
    closed.unlock();
    ASSERT_TRUE(Within([&] { return notifier.numbers().sent == Notifier::kMostWaiting; }));
  }
  EXPECT_EQ(sent.front(), "0");
  EXPECT_EQ(sent.back(), std::to_string(Notifier::kMostWaiting + 9));
}

TEST(NotifierTest, EachPauseIsTwiceTheOneBefore) {
  std::vector<std::chrono::steady_clock::time_point> tries;
  std::atomic<bool> done = false;
  Notifier notifier(
      [&](const std::string&, auto, const auto&) {
        tries.push_back(std::chrono::steady_clock::now());
        return Fail();
      },
      [&](const std::string&) { done = true; },
      {.one_try = milliseconds(1000), .first_pause = milliseconds(20), .tries = 4});
  notifier.Post("x");
  ASSERT_TRUE(Within([&] { return done.load(); }));
  ASSERT_EQ(tries.size(), 4U);
  for (size_t i = 0; i < 3; i++) EXPECT_GE(tries[i + 1] - tries[i], milliseconds(20 << i));
}

TEST(NotifierTest, StopSendsWhatWaits) {
  std::atomic<int> sent = 0;
  Notifier notifier(
      [&](const std::string&, auto, const auto&) -> Result<void> {
        std::this_thread::sleep_for(milliseconds(2));
        sent++;
        return {};
      },
      [](const std::string&) {}, kQuick);
  for (int i = 0; i < 20; i++) notifier.Post("x");
  notifier.Stop(container::After(milliseconds(5000)));
  EXPECT_EQ(sent, 20);
  notifier.Post("late");
  EXPECT_EQ(notifier.numbers().sent, 20U);
  EXPECT_EQ(notifier.numbers().dropped, 1U);
}

TEST(NotifierTest, StopEndsLongPausesAndCountsWhatIsLeft) {
  Notifier notifier([](const std::string&, auto, const auto&) { return Fail(); },
                    [](const std::string&) {},
                    {.one_try = milliseconds(1000), .first_pause = std::chrono::hours(1)});
  for (int i = 0; i < 3; i++) notifier.Post("x");
  ASSERT_TRUE(Within([&] { return notifier.numbers().failed_tries == 1; }));
  notifier.Stop(container::After(milliseconds(5000)));
  EXPECT_EQ(notifier.numbers().given_up, 3U);
}

// Neither a command nor a server that hangs holds up the recorder's end.
void ExpectPromptEnd(Send send) {
  Notifier notifier(std::move(send), [](const std::string&) {});
  for (int i = 0; i < 3; i++) notifier.Post("{}");
  std::this_thread::sleep_for(milliseconds(100));
  const auto before = std::chrono::steady_clock::now();
  notifier.Stop(container::After(milliseconds(100)));
  EXPECT_LT(std::chrono::steady_clock::now() - before, milliseconds(3000));
  EXPECT_EQ(notifier.numbers().given_up, 1U);
  EXPECT_EQ(notifier.numbers().dropped, 2U);
}

TEST(NotifierTest, HangingCommand) { ExpectPromptEnd(ByCommand("sleep 60")); }

TEST(NotifierTest, HangingServer) {
  // Connections are made by the kernel; nobody ever answers.
  const auto listening = ListenOn({"127.0.0.1", "0"});
  ASSERT_TRUE(listening);
  sockaddr_in address{};
  socklen_t size = sizeof address;
  ::getsockname(listening->get(), reinterpret_cast<sockaddr*>(&address), &size);
  const std::string port = std::to_string(ntohs(address.sin_port));
  ExpectPromptEnd(ByPost(*ParseUrl("http://127.0.0.1:" + port + "/")));
}

TEST(NotifierTest, RunsACommandATime) {
  const std::string file = testing::TempDir() + "/podtap-rows-" + std::to_string(::getpid());
  {
    // Fails the first time.
    Notifier notifier(
        ByCommand("test -e " + file + " && cat >>" + file + " || ! : >" + file),
        [](const std::string&) {}, kQuick);
    notifier.Post("{\"a\":1}");
    notifier.Post("{\"a\":2}");
    ASSERT_TRUE(Within([&] { return notifier.numbers().sent == 2; }));
    EXPECT_EQ(notifier.numbers().failed_tries, 1U);
  }
  std::ifstream in(file);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(in), {}), "{\"a\":1}\n{\"a\":2}\n");
  std::filesystem::remove(file);
}

TEST(ByCommandTest, GetsTheText) {
  const std::string file = testing::TempDir() + "/podtap-notified-" + std::to_string(::getpid());
  const Send send = ByCommand("cat >" + file);
  ASSERT_TRUE(send("{\"a\":1}", container::After(milliseconds(5000)), {}));
  std::string text;
  std::getline(std::ifstream(file), text);
  EXPECT_EQ(text, "{\"a\":1}");
  std::filesystem::remove(file);
}

TEST(ByCommandTest, Failures) {
  const auto soon = [] { return container::After(milliseconds(300)); };
  EXPECT_THAT(ByCommand("exit 3")("x", soon(), {}).error().Message(), HasSubstr("exit status 3"));
  EXPECT_THAT(ByCommand("kill -9 $$")("x", soon(), {}).error().Message(),
              HasSubstr("ended by signal 9"));
  EXPECT_THAT(ByCommand("sleep 60 & sleep 60")("x", soon(), {}).error().Message(),
              HasSubstr("didn't end in time"));
  // Who doesn't read has nothing to fear.
  EXPECT_TRUE(
      ByCommand("exit 0")(std::string(1 << 20, 'x'), container::After(milliseconds(5000)), {}));
}

// With SIGPIPE as the system delivers it.
TEST(ByCommandTest, StopsReadingInTheMiddle) {
  EXPECT_TRUE(ByCommand("exec <&-; sleep 0.2")(std::string(1 << 20, 'x'),
                                               container::After(milliseconds(5000)), {}));
}

TEST(ByCommandTest, TheWholeGroupIsKilledAndNoZombieStays) {
  const std::string file = testing::TempDir() + "/podtap-pids-" + std::to_string(::getpid());
  const Send send = ByCommand("sleep 60 & echo $$ $! >" + file + "; sleep 60");
  EXPECT_FALSE(send("x", container::After(milliseconds(500)), {}));
  pid_t shell = 0;
  pid_t background = 0;
  std::ifstream(file) >> shell >> background;
  ASSERT_GT(background, 0);
  errno = 0;
  EXPECT_EQ(::kill(shell, 0), -1);
  EXPECT_EQ(errno, ESRCH);
  // Another's child now: it is reaped by whoever does that here, if anybody.
  const auto gone = [&] {
    std::ifstream stat("/proc/" + std::to_string(background) + "/stat");
    std::string text;
    return !std::getline(stat, text) || text.find(") Z ") != std::string::npos;
  };
  EXPECT_TRUE(Within(gone));
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
  std::filesystem::remove(file);
}

TEST(ByCommandTest, WhereChildrenAreNotWaitedFor) {
  const auto before = ::signal(SIGCHLD, SIG_IGN);
  const auto began = std::chrono::steady_clock::now();
  EXPECT_TRUE(ByCommand("true")("x", container::After(milliseconds(5000)), {}));
  EXPECT_LT(std::chrono::steady_clock::now() - began, milliseconds(2500));
  ::signal(SIGCHLD, before);
}

TEST(UrlTest, Forms) {
  const auto url = ParseUrl("http://example.org/hook?a=b");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->at.port, "80");
  EXPECT_EQ(url->target, "/hook?a=b");
  EXPECT_EQ(ParseUrl("http://[::1]:8080")->at.host, "::1");
  EXPECT_THAT(ParseUrl("https://example.org/").error().Message(), HasSubstr("curl"));
  EXPECT_FALSE(ParseUrl("http://a/b\r\nX: y"));
  EXPECT_THAT(ParseUrl("http://me:secret@a/").error().Message(), HasSubstr("curl"));
  for (const char* wrong : {"ftp://a/", "http://", "http:///x", "http://a?b", "http://a#b",
                            "http://a:b/", "http://::1/", "http://a/\x01", "http://a/\x7f"}) {
    EXPECT_FALSE(ParseUrl(wrong)) << wrong;
  }
}

// A server that answers one request with what it was told.
class OneAnswer {
 public:
  explicit OneAnswer(std::string answer) : answer_(std::move(answer)) {
    auto fd = ListenOn({"127.0.0.1", "0"});
    listening_ = std::move(*fd);
    thread_ = std::jthread([this] { Serve(); });
  }
  std::string url() const {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    ::getsockname(listening_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    return "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/hook";
  }
  std::string Request() {
    thread_.join();
    return request_;
  }

 private:
  void Serve() {
    pollfd wait{listening_.get(), POLLIN, 0};
    ::poll(&wait, 1, 5000);
    const Fd fd(::accept(listening_.get(), nullptr, nullptr));
    std::array<char, 4096> bytes{};
    while (request_.find('}') == std::string::npos) {
      const ssize_t n = ::recv(fd.get(), bytes.data(), bytes.size(), 0);
      if (n <= 0) break;
      request_.append(bytes.data(), static_cast<size_t>(n));
    }
    ::send(fd.get(), answer_.data(), answer_.size(), MSG_NOSIGNAL);
  }
  std::string answer_;
  std::string request_;
  Fd listening_;
  std::jthread thread_;
};

Result<void> PostTo(OneAnswer& server) {
  return ByPost(*ParseUrl(server.url()))("{\"a\":1}", container::After(milliseconds(3000)), {});
}

TEST(ByPostTest, Arrives) {
  OneAnswer server("HTTP/1.1 204 No Content\r\n\r\n");
  EXPECT_TRUE(PostTo(server));
  const std::string request = server.Request();
  EXPECT_THAT(request, testing::StartsWith("POST /hook HTTP/1.1\r\nHost: 127.0.0.1:"));
  EXPECT_THAT(request, testing::EndsWith("Content-Length: 7\r\n\r\n{\"a\":1}"));
}

TEST(ByPostTest, ARefusalThenAnAnswer) {
  OneAnswer refuses("HTTP/1.1 503 Later\r\nContent-Length: 0\r\n\r\n");
  OneAnswer accepts("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  const std::array<Send, 2> sends = {ByPost(*ParseUrl(refuses.url())),
                                     ByPost(*ParseUrl(accepts.url()))};
  std::atomic<size_t> tries = 0;
  Notifier notifier([&](const std::string& text, auto deadline,
                        const auto& stop) { return sends.at(tries++)(text, deadline, stop); },
                    [](const std::string&) {}, kQuick);
  notifier.Post("{\"a\":1}");
  ASSERT_TRUE(Within([&] { return notifier.numbers().sent == 1; }));
  EXPECT_EQ(notifier.numbers().failed_tries, 1U);
  EXPECT_THAT(accepts.Request(), HasSubstr("Content-Type: application/json\r\n"));
}

TEST(ByPostTest, NobodyThere) {
  std::string url;
  {
    OneAnswer gone("");
    url = gone.url();
    EXPECT_FALSE(PostTo(gone));
  }
  EXPECT_THAT(
      ByPost(*ParseUrl(url))("{}", container::After(milliseconds(3000)), {}).error().Message(),
      HasSubstr("Connection refused"));
}

TEST(ByPostTest, Refusals) {
  OneAnswer refuses("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n");
  EXPECT_THAT(PostTo(refuses).error().Message(), HasSubstr("it answered 500"));
  OneAnswer babbles("hello\r\n\r\n");
  EXPECT_THAT(PostTo(babbles).error().Message(), HasSubstr("isn't HTTP"));
  OneAnswer hangs_up("");
  EXPECT_THAT(PostTo(hangs_up).error().Message(), HasSubstr("ended before an answer"));
}

}  // namespace
}  // namespace podtap::serve
