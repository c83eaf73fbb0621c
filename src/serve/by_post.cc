#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "container/http.h"
#include "serve/notifier.h"
#include "serve/wait.h"

namespace podtap::serve {
namespace {

using container::Deadline;

constexpr uint64_t kMostAnswer = 64 << 10;

std::unexpected<Error> BadUrl(const std::string& text, std::string reason, std::string remedy) {
  return std::unexpected(Error{.kind = ErrorKind::kUsage,
                               .tried = "understand the URL",
                               .on = text,
                               .reason = std::move(reason),
                               .remedy = std::move(remedy)});
}

std::unexpected<Error> Failed(const Url& url, std::string reason, int error = 0) {
  return std::unexpected(Error{.kind = ErrorKind::kSystem,
                               .tried = "notify",
                               .on = "http://" + url.host_field + url.target,
                               .reason = std::move(reason),
                               .error_number = error});
}

std::unexpected<Error> Late(const Url& url, int error) {
  return Failed(url, error == ECANCELED ? "broken off, as podtap ends" : "no answer in time",
                error);
}

// How long, and until when, a try goes on.
struct Bounds {
  Deadline deadline;
  const std::stop_token& stop;
};

Result<void> SendAll(const Fd& fd, std::string_view bytes, const Url& url, const Bounds& bounds) {
  while (!bytes.empty()) {
    if (const int late = WaitFor(fd, POLLOUT, bounds.deadline, bounds.stop); late != 0) {
      return Late(url, late);
    }
    const ssize_t n = ::send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (n <= 0) return Failed(url, "the connection broke", errno);
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return {};
}

Result<int> ReadStatus(const Fd& fd, const Url& url, const Bounds& bounds) {
  container::HttpReader reader(kMostAnswer);
  std::string body;
  std::array<char, 4096> bytes{};
  while (!reader.header_done()) {
    if (const int late = WaitFor(fd, POLLIN, bounds.deadline, bounds.stop); late != 0) {
      return Late(url, late);
    }
    const ssize_t n = ::recv(fd.get(), bytes.data(), bytes.size(), 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (n <= 0) return Failed(url, "the connection ended before an answer");
    if (auto fed = reader.Feed({bytes.data(), static_cast<size_t>(n)}, body); !fed) {
      return Failed(url, "its answer isn't HTTP: " + fed.error());
    }
  }
  return reader.status();
}

// What would end a line of the request, or the request's head.
bool IsControlOrSpace(char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7f; }

}  // namespace

Result<Url> ParseUrl(const std::string& text) {
  constexpr std::string_view kHttp = "http://";
  if (text.starts_with("https://")) {
    return BadUrl(text, "TLS isn't spoken here",
                  "use --notify-command 'curl --json @- " + text + "'");
  }
  if (!text.starts_with(kHttp)) return BadUrl(text, "it isn't http://HOST/PATH", "");
  if (std::ranges::any_of(text, IsControlOrSpace)) {
    return BadUrl(text, "there are spaces or control characters in it", "");
  }
  const size_t slash = text.find('/', kHttp.size());
  Url url;
  url.host_field = text.substr(kHttp.size(), slash - kHttp.size());
  url.target = slash == std::string::npos ? "/" : text.substr(slash);
  if (url.host_field.find('@') != std::string::npos) {
    return BadUrl(text, "names and passwords aren't sent",
                  "use --notify-command with a program such as curl");
  }
  const bool has_port =
      url.host_field.rfind(':') != std::string::npos && url.host_field.back() != ']';
  auto at = ParseHostPort(has_port ? url.host_field : url.host_field + ":80");
  if (!at || at->host.find_first_of("?#") != std::string::npos)
    return BadUrl(text, "its host and port can't be understood", "");
  url.at = std::move(*at);
  return url;
}

Send ByPost(Url url) {
  return [url = std::move(url)](const std::string& text, Deadline deadline,
                                const std::stop_token& stop) -> Result<void> {
    auto fd = ConnectTo(url.at, deadline, stop);
    if (!fd) return std::unexpected(std::move(fd.error()));
    const Bounds bounds{deadline, stop};
    const std::string request = "POST " + url.target + " HTTP/1.1\r\nHost: " + url.host_field +
                                "\r\nUser-Agent: podtap\r\nContent-Type: application/json\r\n"
                                "Connection: close\r\nContent-Length: " +
                                std::to_string(text.size()) + "\r\n\r\n" + text;
    if (auto sent = SendAll(*fd, request, url, bounds); !sent) return sent;
    const auto status = ReadStatus(*fd, url, bounds);
    if (!status) return std::unexpected(status.error());
    if (*status / 100 == 2) return {};
    return Failed(url, "it answered " + std::to_string(*status));
  };
}

}  // namespace podtap::serve
