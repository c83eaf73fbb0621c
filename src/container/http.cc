#include "container/http.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <cerrno>

namespace podtap::container {
namespace {

namespace beast = boost::beast;

constexpr uint32_t kMaxHeader = 64 << 10;
constexpr size_t kReadSize = 64 << 10;
constexpr size_t kShortestChunkLine = 5;  // "0\r\n\r\n"

std::string_view View(beast::string_view text) { return {text.data(), text.size()}; }

// Appends the body to a string as it is parsed.
class Parser : public beast::http::basic_parser<false> {
 public:
  std::string* body = nullptr;
  std::string server;
  int status = 0;
  uint64_t chunk_left = 0;  // of the chunk that is read

 private:
  void on_request_impl(beast::http::verb, beast::string_view, beast::string_view, int,
                       beast::error_code&) override {}
  void on_response_impl(int code, beast::string_view, int, beast::error_code&) override {
    status = code;
  }
  void on_field_impl(beast::http::field name, beast::string_view, beast::string_view value,
                     beast::error_code&) override {
    if (name == beast::http::field::server) server = View(value);
  }
  void on_header_impl(beast::error_code&) override {}
  void on_body_init_impl(const boost::optional<uint64_t>&, beast::error_code&) override {}
  size_t on_body_impl(beast::string_view text, beast::error_code&) override {
    body->append(View(text));
    return text.size();
  }
  void on_chunk_header_impl(uint64_t size, beast::string_view, beast::error_code&) override {
    chunk_left = size;
  }
  size_t on_chunk_body_impl(uint64_t, beast::string_view text, beast::error_code&) override {
    body->append(View(text));
    chunk_left -= text.size();
    return text.size();
  }
  void on_finish_impl(beast::error_code&) override {}
};

}  // namespace

class HttpReader::Impl {
 public:
  Parser parser;
  std::string left;  // bytes of a line that isn't whole yet
};

HttpReader::HttpReader(uint64_t limit) : impl_(std::make_unique<Impl>()) {
  impl_->parser.eager(true);
  impl_->parser.header_limit(kMaxHeader);
  // Beast 1.74 takes "none" for a limit that every length exceeds.
  impl_->parser.body_limit(limit == 0 ? UINT64_MAX : limit);
}
HttpReader::~HttpReader() = default;
HttpReader::HttpReader(HttpReader&&) noexcept = default;
HttpReader& HttpReader::operator=(HttpReader&&) noexcept = default;

std::expected<void, std::string> HttpReader::Feed(std::string_view bytes, std::string& body) {
  Parser& parser = impl_->parser;
  std::string& left = impl_->left;
  parser.body = &body;
  left.append(bytes);
  size_t used = 0;
  while (used < left.size() && !parser.is_done()) {
    // Beast 1.74 aborts when it gets less of the last chunk's end at a time; a chunk's line
    // and what must follow is never shorter.
    const bool in_chunk_line =
        parser.is_header_done() && parser.chunked() && parser.chunk_left == 0;
    if (in_chunk_line && left.size() - used < kShortestChunkLine) break;
    beast::error_code error;
    const size_t taken =
        parser.put(boost::asio::buffer(left.data() + used, left.size() - used), error);
    used += taken;
    if (error == beast::http::error::need_more) break;
    if (error) return std::unexpected(error.message());
    if (taken == 0) break;
  }
  left.erase(0, used);
  // Beast bounds the header and the body, but not the line before a chunk.
  if (left.size() > kMaxHeader) return std::unexpected("a line without end");
  if (parser.is_done() && !left.empty()) return std::unexpected("more than one answer");
  return {};
}

std::expected<void, std::string> HttpReader::FeedEnd() {
  Parser& parser = impl_->parser;
  if (parser.is_done()) return {};
  // What Beast's put_eof asserts.
  if (!parser.got_some()) return std::unexpected("the connection was closed without an answer");
  std::string none;
  parser.body = &none;
  beast::error_code error;
  parser.put_eof(error);
  if (error) return std::unexpected("the connection was closed in the middle of the answer");
  return {};
}

bool HttpReader::header_done() const { return impl_->parser.is_header_done(); }
bool HttpReader::done() const { return impl_->parser.is_done(); }
bool HttpReader::keep_alive() const { return header_done() && impl_->parser.keep_alive(); }
int HttpReader::status() const { return header_done() ? impl_->parser.status : 0; }
const std::string& HttpReader::server() const { return impl_->parser.server; }

Result<HttpConnection> HttpConnection::Open(const SocketFile& file, Deadline deadline) {
  auto socket = UnixSocket::Connect(file, deadline);
  if (!socket) return std::unexpected(std::move(socket.error()));
  return HttpConnection(std::move(*socket), file.path);
}

Error HttpConnection::Broken(const std::string& reason) const {
  return Error{.kind = ErrorKind::kInput,
               .tried = "understand the answer of",
               .on = path_,
               .reason = reason,
               .remedy = "is it a container runtime's socket?"};
}

Result<void> HttpConnection::Pump(std::string& body, Deadline deadline, int stop) {
  char buffer[kReadSize];
  const auto count = socket_.Receive(buffer, sizeof buffer, deadline, stop);
  if (!count) return std::unexpected(count.error());
  const auto fed = *count == 0 ? reader_.FeedEnd() : reader_.Feed({buffer, *count}, body);
  if (!fed) return std::unexpected(Broken(fed.error()));
  return {};
}

Result<HttpAnswer> HttpConnection::Get(const std::string& target, Deadline deadline,
                                       uint64_t limit) {
  reader_ = HttpReader(limit);
  if (auto sent = socket_.Send("GET " + target + " HTTP/1.1\r\nHost: localhost\r\n\r\n", deadline);
      !sent) {
    return std::unexpected(std::move(sent.error()));
  }
  HttpAnswer answer;
  while (!reader_.done()) {
    if (auto read = Pump(answer.body, deadline, -1); !read) {
      return std::unexpected(std::move(read.error()));
    }
  }
  answer.status = reader_.status();
  answer.server = reader_.server();
  return answer;
}

Result<HttpAnswer> HttpConnection::Begin(const std::string& target, Deadline deadline) {
  reader_ = HttpReader(0);
  if (auto sent = socket_.Send("GET " + target + " HTTP/1.1\r\nHost: localhost\r\n\r\n", deadline);
      !sent) {
    return std::unexpected(std::move(sent.error()));
  }
  HttpAnswer answer;
  left_.clear();
  while (!reader_.header_done() || (reader_.status() != 200 && !reader_.done())) {
    if (auto read = Pump(left_, deadline, -1); !read) {
      return std::unexpected(std::move(read.error()));
    }
    if (left_.size() > kMaxAnswer) return std::unexpected(Broken("it is too long"));
  }
  answer.status = reader_.status();
  answer.server = reader_.server();
  if (answer.status != 200) answer.body = std::move(left_);
  return answer;
}

Result<std::string> HttpConnection::NextPiece(int stop) {
  std::string piece = std::move(left_);
  left_.clear();
  while (piece.empty() && !reader_.done()) {
    if (auto read = Pump(piece, Deadline::max(), stop); !read) {
      return std::unexpected(std::move(read.error()));
    }
  }
  return piece;
}

}  // namespace podtap::container
