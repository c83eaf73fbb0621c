// HTTP/1.1 over a runtime's unix socket: as much as Docker's interface needs.
//
// What enters: a target to GET. What leaves: the answer, whole, or piece by piece as it
// comes (a stream of events). Memory is bounded by `limit`, time by the deadline. The
// protocol is Boost.Beast's; its headers are only in http.cc.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "container/deadline.h"
#include "container/unix_socket.h"

namespace podtap::container {

// Bytes of an answer → status and body. No input or output of its own.
class HttpReader {
 public:
  // More than `limit` bytes of body are an error; 0: no limit.
  explicit HttpReader(uint64_t limit);
  ~HttpReader();
  HttpReader(HttpReader&&) noexcept;
  HttpReader& operator=(HttpReader&&) noexcept;

  // Takes the next bytes as they came. Body bytes are appended to `body`. A broken answer
  // is an error with the reason alone, "bad version".
  std::expected<void, std::string> Feed(std::string_view bytes, std::string& body);
  // The peer has closed: the end of a body without a length, or an error.
  std::expected<void, std::string> FeedEnd();

  bool header_done() const;
  bool done() const;
  bool keep_alive() const;
  int status() const;                 // 200; 0 before header_done
  const std::string& server() const;  // the field Server: "Docker/20.10.24 (linux)"

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

struct HttpAnswer {
  int status = 0;
  std::string server;
  std::string body;
};

inline constexpr uint64_t kMaxAnswer = 16u << 20;

// One connection, used again as long as the peer keeps it.
class HttpConnection {
 public:
  static Result<HttpConnection> Open(const SocketFile& file, Deadline deadline);

  // An answer of any status. After an error the connection is of no use any more.
  Result<HttpAnswer> Get(const std::string& target, Deadline deadline, uint64_t limit = kMaxAnswer);

  // Asks for a stream; returns once the header is there, with its status. The body then
  // comes from NextPiece; a status other than 200 brings it whole.
  Result<HttpAnswer> Begin(const std::string& target, Deadline deadline);
  // Waits for the next piece of the stream, however long, or until `stop` becomes readable
  // (errno ECANCELED). Empty: the stream has ended.
  Result<std::string> NextPiece(int stop);

 private:
  HttpConnection(UnixSocket socket, std::string path)
      : socket_(std::move(socket)), path_(std::move(path)), reader_(0) {}
  // Reads once and feeds the reader.
  Result<void> Pump(std::string& body, Deadline deadline, int stop);
  Error Broken(const std::string& reason) const;

  UnixSocket socket_;
  std::string path_;
  HttpReader reader_;
  std::string left_;  // of the stream's body that came with its header
};

}  // namespace podtap::container
