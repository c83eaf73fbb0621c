#include "testimony/kubelet_pods.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/fd.h"
#include "container/http.h"
#include "container/json.h"
#include "container/rfc3339.h"

namespace podtap::testimony {
namespace {

using container::Member;
using container::TextOf;
using nlohmann::json;

constexpr int64_t kSecond = 1'000'000'000;
constexpr const char* kTried = "ask the kubelet for its pods at";
constexpr const char* kSource = "kubelet's /pods";

// status.reason of a pod that the kubelet has ended.
struct PodReason {
  std::string_view reason;
  std::string_view word;
};
constexpr std::array kPodReasons = {
    PodReason{"Evicted", "eviction"},      PodReason{"Preempting", "preemption"},
    PodReason{"Shutdown", "shutdown"},      // 1.20
    PodReason{"NodeShutdown", "shutdown"},  // 1.21
    PodReason{"Terminated", "shutdown"},    // 1.22: "in response to imminent node shutdown"
};

Result<void> WaitFor(int fd, int16_t events, const std::string& url, container::Deadline deadline) {
  pollfd one{fd, events, 0};
  while (true) {
    const int left = container::MillisecondsLeft(deadline);
    if (left == 0) return std::unexpected(container::TooLate(kTried, url));
    const int ready = ::poll(&one, 1, left);
    if (ready > 0) return {};
    if (ready < 0 && errno != EINTR) return std::unexpected(SystemError(kTried, url, errno));
  }
}

Result<Fd> Connect(uint16_t port, const std::string& url, container::Deadline deadline) {
  Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast)
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);
  if (::connect(fd.get(), generic, sizeof address) == 0) return fd;
  if (errno != EINPROGRESS) return std::unexpected(SystemError(kTried, url, errno));
  if (auto ready = WaitFor(fd.get(), POLLOUT, url, deadline); !ready) {
    return std::unexpected(std::move(ready.error()));
  }
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return std::unexpected(SystemError(kTried, url, error));
  return fd;
}

Error Broken(const std::string& url, const std::string& reason) {
  return Error{.kind = ErrorKind::kInput, .tried = kTried, .on = url, .reason = reason};
}

const json* PodOf(const json& root, const container::Container& container) {
  for (const json& pod : Member(root, "items")) {
    const json& metadata = Member(pod, "metadata");
    const std::string uid = TextOf(Member(metadata, "uid"));
    if (TextOf(Member(metadata, "name")) == container.pod.name &&
        TextOf(Member(metadata, "namespace")) == container.pod.ns &&
        (container.pod.uid.empty() || uid == container.pod.uid)) {
      return &pod;
    }
  }
  return nullptr;
}

// DisruptionTarget (Kubernetes 1.26) is the condition of an end by others.
int64_t TimeOfDisruption(const json& status) {
  for (const json& condition : Member(status, "conditions")) {
    if (TextOf(Member(condition, "type")) == "DisruptionTarget") {
      return container::ParseRfc3339(TextOf(Member(condition, "lastTransitionTime")));
    }
  }
  return 0;
}

}  // namespace

std::vector<TimedWord> WordsInPods(std::string_view text, const container::Container& container) {
  std::vector<TimedWord> words;
  const auto root = container::ParseJson(text);
  const json* pod = root && !container.pod.name.empty() ? PodOf(*root, container) : nullptr;
  if (pod == nullptr) return words;
  const json& metadata = Member(*pod, "metadata");
  const int64_t deletion = container::ParseRfc3339(TextOf(Member(metadata, "deletionTimestamp")));
  if (deletion > 0) {
    // The timestamp is when the grace period ends, in whole seconds.
    const int64_t grace = container::NumberOf(Member(metadata, "deletionGracePeriodSeconds"));
    if (grace >= 0 && grace <= deletion / kSecond) {
      words.push_back({deletion - grace * kSecond,
                       {.reason = "deletion",
                        .message = "the pod has a deletionTimestamp",
                        .source = kSource,
                        .after = false}});
    }
  }
  const json& status = Member(*pod, "status");
  const auto reason =
      std::ranges::find(kPodReasons, TextOf(Member(status, "reason")), &PodReason::reason);
  if (TextOf(Member(status, "phase")) == "Failed" && reason != kPodReasons.end()) {
    words.push_back({TimeOfDisruption(status),
                     {.reason = std::string(reason->word),
                      .message = TextOf(Member(status, "message")),
                      .source = kSource,
                      .after = true}});
  }
  return words;
}

Result<std::string> AskPods(uint16_t port, container::Deadline deadline) {
  const std::string url = "http://127.0.0.1:" + std::to_string(port) + "/pods";
  const auto fd = Connect(port, url, deadline);
  if (!fd) return std::unexpected(fd.error());
  constexpr std::string_view kRequest =
      "GET /pods HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n"
      "Connection: close\r\n\r\n";
  if (::send(fd->get(), kRequest.data(), kRequest.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(kRequest.size())) {
    return std::unexpected(SystemError(kTried, url, errno));
  }
  container::HttpReader reader(container::kMaxAnswer);
  std::string body;
  std::array<char, 65536> buffer;
  while (!reader.done()) {
    if (auto ready = WaitFor(fd->get(), POLLIN, url, deadline); !ready) {
      return std::unexpected(std::move(ready.error()));
    }
    const ssize_t n = ::recv(fd->get(), buffer.data(), buffer.size(), 0);
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (n < 0) return std::unexpected(SystemError(kTried, url, errno));
    const auto fed =
        n == 0 ? reader.FeedEnd() : reader.Feed({buffer.data(), static_cast<size_t>(n)}, body);
    if (!fed) return std::unexpected(Broken(url, fed.error()));
    if (n == 0) break;
  }
  if (reader.status() != 200) {
    return std::unexpected(Broken(url, "HTTP status " + std::to_string(reader.status())));
  }
  return body;
}

}  // namespace podtap::testimony
