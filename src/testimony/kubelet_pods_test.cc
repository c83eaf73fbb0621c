#include "testimony/kubelet_pods.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/fd.h"

namespace podtap::testimony {
namespace {

const std::filesystem::path kObserved =
    std::filesystem::path(PODTAP_SOURCE_DIR) / "tests/kubelet/observed";

struct Observed {
  container::Container container;
  std::string pods;
};

Observed ReadObserved(const std::string& name) {
  const auto file = nlohmann::json::parse(std::ifstream(kObserved / (name + ".json")));
  Observed one;
  const std::string pod = file["truth"]["pod"];
  one.container.pod = {.name = pod.substr(pod.find('/') + 1),
                       .ns = pod.substr(0, pod.find('/')),
                       .uid = file["truth"]["pod_uid"],
                       .sandbox = ""};
  one.pods = nlohmann::json{{"items", {file["pod_after"]}}}.dump();
  return one;
}

TEST(KubeletPods, OfRealKubelets) {
  const struct {
    const char* name;
    const char* reason;  // empty: the pod's state tells none
    bool after;
  } cases[] = {
      {"deletion-api", "deletion", false},
      {"deletion-ignored", "deletion", false},
      {"eviction-memory", "eviction", true},
      {"eviction-volume", "eviction", true},
      {"preemption-critical", "preemption", true},
      {"shutdown-node", "shutdown", true},
      {"liveness-obeyed", "", false},
      {"startup-obeyed", "", false},
      {"deletion-file", "", false},
  };
  for (const auto& one : cases) {
    SCOPED_TRACE(one.name);
    const Observed observed = ReadObserved(one.name);
    const auto words = WordsInPods(observed.pods, observed.container);
    if (std::string(one.reason).empty()) {
      EXPECT_TRUE(words.empty());
      continue;
    }
    ASSERT_EQ(words.size(), 1U);
    EXPECT_EQ(words[0].said.reason, one.reason);
    EXPECT_EQ(words[0].said.after, one.after);
    container::Container other = observed.container;
    other.pod.uid = "another";
    EXPECT_TRUE(WordsInPods(observed.pods, other).empty());
  }
}

// The timestamp is the end of the grace period.
TEST(KubeletPods, WhenItWasDeleted) {
  const Observed observed = ReadObserved("deletion-api");
  EXPECT_EQ(WordsInPods(observed.pods, observed.container)[0].unix_ns,
            1'795'649'866'000'000'000);  // 23:37:46, asked for at 23:37:46.2
}

TEST(KubeletPods, Nonsense) {
  container::Container container;
  container.pod.name = "a";
  for (const char* text :
       {"", "{", "[]", "{}", R"({"items":3})", R"({"items":[3,{},[],{"metadata":4}]})",
        R"({"items":[{"metadata":{"name":"a","deletionTimestamp":"x"},"status":[]}]})",
        R"({"items":[{"metadata":{"name":"a","deletionGracePeriodSeconds":9223372036854775807,
            "deletionTimestamp":"2026-01-01T00:00:00Z"}}]})"}) {
    EXPECT_TRUE(WordsInPods(text, container).empty()) << text;
  }
}

// A kubelet of the test's own: answers one request with `bytes`, or hangs.
class Server {
 public:
  explicit Server(std::string bytes) : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(listener_.get(), generic, size), 0);
    EXPECT_EQ(::listen(listener_.get(), 4), 0);
    ::getsockname(listener_.get(), generic, &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this, bytes = std::move(bytes)] {
      const Fd peer(::accept(listener_.get(), nullptr, nullptr));
      char buffer[4096];
      if (::recv(peer.get(), buffer, sizeof buffer, 0) <= 0) return;
      ::send(peer.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (bytes.empty()) ::recv(peer.get(), buffer, sizeof buffer, 0);
    });
  }
  ~Server() { thread_.join(); }
  uint16_t port() const { return port_; }

 private:
  Fd listener_;
  uint16_t port_ = 0;
  std::thread thread_;
};

TEST(KubeletPods, Asked) {
  const Server server("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
  const auto answer = AskPods(server.port(), container::After(container::kDefaultTimeout));
  ASSERT_TRUE(answer.has_value()) << answer.error().Message();
  EXPECT_EQ(*answer, "{}");
}

TEST(KubeletPods, AnswersOfAllKinds) {
  for (const char* bytes : {"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n",
                            "hello\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}"}) {
    const Server server(bytes);
    EXPECT_FALSE(AskPods(server.port(), container::After(container::kDefaultTimeout)).has_value())
        << bytes;
  }
  const Server silent("");
  EXPECT_EQ(
      AskPods(silent.port(), container::After(std::chrono::milliseconds(100))).error().error_number,
      ETIMEDOUT);
}

}  // namespace
}  // namespace podtap::testimony
