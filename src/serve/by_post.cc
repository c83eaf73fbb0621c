#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "container/http.h"
#include "serve/notifier.h"

namespace podtap::serve {
namespace {

using container::Deadline;
using container::MillisecondsLeft;

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

bool Wait(const Fd& fd, int16_t events, Deadline deadline) {
  pollfd wait{fd.get(), events, 0};
  return ::poll(&wait, 1, MillisecondsLeft(deadline)) > 0;
}

Result<void> SendAll(const Fd& fd, std::string_view bytes, const Url& url, Deadline deadline) {
  while (!bytes.empty()) {
    if (!Wait(fd, POLLOUT, deadline)) return Failed(url, "it takes too long");
    const ssize_t n = ::send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (n <= 0) return Failed(url, "the connection broke", errno);
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return {};
}

Result<int> ReadStatus(const Fd& fd, const Url& url, Deadline deadline) {
  container::HttpReader reader(kMostAnswer);
  std::string body;
  std::array<char, 4096> bytes{};
  while (!reader.header_done()) {
    if (!Wait(fd, POLLIN, deadline)) return Failed(url, "no answer in time");
    const ssize_t n = ::recv(fd.get(), bytes.data(), bytes.size(), 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (n <= 0) return Failed(url, "the connection ended before an answer");
    if (auto fed = reader.Feed({bytes.data(), static_cast<size_t>(n)}, body); !fed) {
      return Failed(url, "its answer isn't HTTP: " + fed.error());
    }
  }
  return reader.status();
}

}  // namespace

Result<Url> ParseUrl(const std::string& text) {
  constexpr std::string_view kHttp = "http://";
  if (text.starts_with("https://")) {
    return BadUrl(text, "TLS isn't spoken here",
                  "use --notify-command 'curl --json @- " + text + "'");
  }
  if (!text.starts_with(kHttp)) return BadUrl(text, "it isn't http://HOST/PATH", "");
  if (text.find_first_of(" \r\n\t") != std::string::npos) {
    return BadUrl(text, "there is white space in it", "");
  }
  const size_t slash = text.find('/', kHttp.size());
  Url url;
  url.host_field = text.substr(kHttp.size(), slash - kHttp.size());
  url.target = slash == std::string::npos ? "/" : text.substr(slash);
  const bool has_port =
      url.host_field.rfind(':') != std::string::npos && url.host_field.back() != ']';
  auto at = ParseHostPort(has_port ? url.host_field : url.host_field + ":80");
  if (!at) return BadUrl(text, "its host and port can't be understood", "");
  url.at = std::move(*at);
  return url;
}

Send ByPost(Url url) {
  return [url = std::move(url)](const std::string& text, Deadline deadline,
                                const std::stop_token&) -> Result<void> {
    auto fd = ConnectTo(url.at, deadline);
    if (!fd) return std::unexpected(std::move(fd.error()));
    const std::string request = "POST " + url.target + " HTTP/1.1\r\nHost: " + url.host_field +
                                "\r\nUser-Agent: podtap\r\nContent-Type: application/json\r\n"
                                "Connection: close\r\nContent-Length: " +
                                std::to_string(text.size()) + "\r\n\r\n" + text;
    if (auto sent = SendAll(*fd, request, url, deadline); !sent) return sent;
    const auto status = ReadStatus(*fd, url, deadline);
    if (!status) return std::unexpected(status.error());
    if (*status / 100 == 2) return {};
    return Failed(url, "it answered " + std::to_string(*status));
  };
}

}  // namespace podtap::serve
