// The Docker client against servers that behave well, and badly.
#include "container/docker.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <map>

#include "container/fake_server.h"

namespace podtap::container {
namespace {

using Pages = std::map<std::string, std::string>;

std::string InspectJson(const std::string& id, const std::string& status) {
  return R"({"Id":")" + id + R"(","Name":"/name-)" + id + R"(","State":{"Status":")" + status +
         R"(","Pid":5,"ExitCode":0}})";
}

std::string PathOf(const std::string& request) {
  const size_t begin = request.find(' ') + 1;
  return request.substr(begin, request.find_first_of(" ?", begin) - begin);
}

// Serves pages until the client goes.
FakeServer::Handler Serve(Pages pages) {
  return [pages = std::move(pages)](FakeServer::Peer& peer) {
    while (true) {
      const std::string request = peer.Request();
      if (request.empty()) return;
      const auto page = pages.find(PathOf(request));
      peer.Send(
          page != pages.end()
              ? HttpOk(page->second)
              : "HTTP/1.1 404 Not Found\r\nContent-Length: 21\r\n\r\n{\"message\":\"No such\"}");
    }
  };
}

Result<std::vector<Container>> List(const std::string& path, int milliseconds = 5000) {
  return NewDocker(HostRoot(), path, RuntimeKind::kDocker)
      ->List(After(std::chrono::milliseconds(milliseconds)));
}

// The message that comes of a server that sends `bytes` and closes or hangs.
std::string Complaint(const std::string& bytes, bool hang = false) {
  FakeServer server([&](FakeServer::Peer& peer) {
    peer.Request();
    peer.Send(bytes);
    if (hang) peer.WaitForEnd();
  });
  const auto list = List(server.path(), hang ? 150 : 5000);
  if (list) return "";
  std::string message = list.error().Message();
  const size_t at = message.find(server.path());
  return at == std::string::npos ? message : message.replace(at, server.path().size(), "SOCKET");
}

TEST(DockerTest, ListsWithInspectionsOfEach) {
  Pages pages;
  std::string ids;
  for (int i = 0; i < 40; ++i) {
    const std::string id = "c" + std::to_string(i);
    ids += (ids.empty() ? "" : ",") + (R"({"Id":")" + id + "\"}");
    pages["/containers/" + id + "/json"] = InspectJson(id, "running");
  }
  pages["/containers/json"] = "[" + ids + "]";
  pages.erase("/containers/c7/json");  // gone since it was listed
  FakeServer server(Serve(pages));
  const auto runtime = NewDocker(HostRoot(), server.path(), RuntimeKind::kUnknown);
  const auto list = runtime->List(After(std::chrono::seconds(5)));
  ASSERT_TRUE(list) << list.error().Message();
  EXPECT_EQ(list->size(), 39u);
  EXPECT_EQ(list->front().name, "name-c0");
  EXPECT_EQ(list->back().name, "name-c39");
  EXPECT_EQ(runtime->kind(), RuntimeKind::kDocker);
  EXPECT_EQ(runtime->version(), "20.10.24");
  EXPECT_LE(server.connections(), 4);
}

TEST(DockerTest, PodmanSaysWhoItIs) {
  FakeServer server([](FakeServer::Peer& peer) {
    peer.Request();
    peer.Send(HttpOk("[]", "Libpod/4.3.1 (linux)"));
  });
  const auto runtime = NewDocker(HostRoot(), server.path(), RuntimeKind::kDocker);
  ASSERT_TRUE(runtime->List(After(std::chrono::seconds(5))));
  EXPECT_EQ(runtime->kind(), RuntimeKind::kPodman);
  EXPECT_EQ(runtime->version(), "4.3.1");
}

TEST(DockerTest, InspectsOne) {
  FakeServer server(Serve({{"/containers/a/json", InspectJson("a", "exited")}}));
  const auto runtime = NewDocker(HostRoot(), server.path(), RuntimeKind::kDocker);
  const Deadline deadline = After(std::chrono::seconds(5));
  const auto found = runtime->Inspect({"a"}, deadline);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->state, State::kExited);
  const auto missing = runtime->Inspect({"b"}, deadline);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().error_number, ENOENT);
  // Nothing of an id may change the request.
  const auto hostile = runtime->Inspect({"../a?x=1 HTTP/1.1\r\nX:"}, deadline);
  ASSERT_FALSE(hostile);
  EXPECT_EQ(hostile.error().error_number, ENOENT);
}

TEST(DockerTest, OneClearMessageForEachTrouble) {
  EXPECT_EQ(Complaint(""),
            "can't understand the answer of SOCKET: the connection was closed without an answer; "
            "is it a container runtime's socket?");
  EXPECT_EQ(Complaint("SSH-2.0-OpenSSH\r\n\r\n"),
            "can't understand the answer of SOCKET: bad version; "
            "is it a container runtime's socket?");
  EXPECT_EQ(Complaint("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[{"),
            "can't understand the answer of SOCKET: the connection was closed in the middle of "
            "the answer; is it a container runtime's socket?");
  EXPECT_EQ(Complaint(HttpOk("<html>hello</html>")),
            "can't understand the answer of SOCKET: it isn't what Docker's interface says; "
            "is it Docker's or Podman's socket?");
  EXPECT_EQ(Complaint("HTTP/1.1 500 Internal Server Error\r\nContent-Length: 19\r\n\r\n"
                      "{\"message\":\"oh no\"}"),
            "can't list the containers of SOCKET: HTTP status 500, oh no");
  EXPECT_EQ(Complaint("", true),
            "can't read the answer of SOCKET: no answer in time; "
            "does the runtime hang? --timeout gives it longer");
  EXPECT_EQ(Complaint("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[", true),
            "can't read the answer of SOCKET: no answer in time; "
            "does the runtime hang? --timeout gives it longer");
}

TEST(DockerTest, AnEndlessAnswerIsCut) {
  FakeServer server([](FakeServer::Peer& peer) {
    peer.Request();
    peer.Send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    const std::string chunk = "10000\r\n" + std::string(0x10000, ' ') + "\r\n";
    while (peer.Send(chunk)) {
    }
  });
  const auto list = List(server.path());
  ASSERT_FALSE(list);
  EXPECT_NE(list.error().reason.find("body limit exceeded"), std::string::npos)
      << list.error().Message();
}

// Never silent, never done: only the deadline helps.
TEST(DockerTest, ADrippingAnswerIsLate) {
  FakeServer server([](FakeServer::Peer& peer) {
    peer.Request();
    peer.Send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
    while (peer.Send(" ")) ::poll(nullptr, 0, 5);
  });
  const auto list = List(server.path(), 150);
  ASSERT_FALSE(list);
  EXPECT_EQ(list.error().error_number, ETIMEDOUT);
}

TEST(DockerTest, NobodyListens) {
  FakeServer server([](FakeServer::Peer&) {});
  const std::string stale = server.folder() + "/stale.sock";
  {
    FakeServer other([](FakeServer::Peer&) {});
    std::filesystem::rename(other.path(), stale);
  }
  EXPECT_EQ(List(stale).error().Message(),
            "can't connect to " + stale + ": nobody listens on it; is the runtime running?");
  const std::string missing = server.folder() + "/missing.sock";
  EXPECT_EQ(List(missing).error().error_number, ENOENT);
  EXPECT_EQ(List(server.folder()).error().reason, "it is no socket");
}

TEST(DockerTest, LongPathsAndLinksAreFollowed) {
  FakeServer server(Serve({{"/containers/json", "[]"}}));
  const std::string deep = server.folder() + "/" + std::string(150, 'x');
  std::filesystem::create_directory(deep);
  std::filesystem::create_symlink(server.path(), deep + "/link.sock");
  EXPECT_TRUE(List(deep + "/link.sock"));
}

TEST(DockerTest, BelowTheHostsRoot) {
  FakeServer server(Serve({{"/containers/json", "[]"}}));
  std::filesystem::create_directories(server.folder() + "/run");
  std::filesystem::create_directories(server.folder() + "/var");
  std::filesystem::rename(server.path(), server.folder() + "/run/docker.sock");
  std::filesystem::create_directory_symlink("/run", server.folder() + "/var/run");
  const auto runtime =
      NewDocker(HostRoot(server.folder()), "/var/run/docker.sock", RuntimeKind::kDocker);
  const auto list = runtime->List(After(std::chrono::seconds(5)));
  EXPECT_TRUE(list) << list.error().Message();
}

TEST(Docker, TellsItsHistory) {
  std::string asked;
  FakeServer server([&](FakeServer::Peer& peer) {
    asked = peer.Request();
    peer.Send(HttpOk(
        R"({"Type":"container","Action":"die","Actor":{"ID":"aa","Attributes":{"exitCode":"137"}},"timeNano":20})"
        "\n"
        R"({"Type":"container","Action":"kill","Actor":{"ID":"aa","Attributes":{"signal":"9"}},"timeNano":10})"
        "\n\nnonsense\n"
        R"({"Type":"network","Action":"connect","Actor":{"ID":"bb"},"timeNano":5})"));
  });
  const auto history =
      NewDocker(HostRoot(), server.path(), RuntimeKind::kDocker)->History(After(kDefaultTimeout));
  ASSERT_TRUE(history.has_value()) << history.error().Message();
  ASSERT_EQ(history->events.size(), 2U);
  EXPECT_EQ(history->events[0].action, "kill");
  EXPECT_EQ(history->events[0].signal, 9);
  EXPECT_EQ(history->events[1].exit_code, 137);
  EXPECT_EQ(history->begins_unix_ns, 10);
  // Without an end the answer would never come.
  EXPECT_NE(asked.find("since=0.000000001&until="), std::string::npos) << asked;
}

TEST(Docker, ItsHistoryFailsWithItsWords) {
  FakeServer server([&](FakeServer::Peer& peer) {
    peer.Request();
    peer.Send("HTTP/1.1 500 Oops\r\nContent-Length: 16\r\n\r\n{\"message\":\"no\"}");
  });
  const auto history =
      NewDocker(HostRoot(), server.path(), RuntimeKind::kDocker)->History(After(kDefaultTimeout));
  ASSERT_FALSE(history.has_value());
  EXPECT_NE(history.error().Message().find("500, no"), std::string::npos);
}

TEST(Docker, NotEveryRuntimeHasAHistory) {
  const auto history =
      NewCri(HostRoot(), "/nowhere", RuntimeKind::kContainerd)->History(After(kDefaultTimeout));
  ASSERT_FALSE(history.has_value());
  EXPECT_EQ(history.error().kind, ErrorKind::kUnsupported);
}

}  // namespace
}  // namespace podtap::container
