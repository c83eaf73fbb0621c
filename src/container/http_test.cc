#include "container/http.h"

#include <gtest/gtest.h>

#include <string>

namespace podtap::container {
namespace {

struct Read {
  std::string body;
  std::string error;
  int status = 0;
  bool done = false;
};

// Feeds `bytes` in pieces of `size`, then the end if it isn't done.
Read Feed(std::string_view bytes, size_t size, uint64_t limit = 0, bool end = true) {
  HttpReader reader(limit);
  Read read;
  for (size_t at = 0; at < bytes.size(); at += size) {
    const auto fed = reader.Feed(bytes.substr(at, size), read.body);
    if (!fed) {
      read.error = fed.error();
      return read;
    }
  }
  if (end) {
    if (const auto fed = reader.FeedEnd(); !fed) read.error = fed.error();
  }
  read.status = reader.status();
  read.done = reader.done();
  return read;
}

struct Answer {
  const char* what;
  std::string bytes;
  int status;
  std::string body;
};
const Answer kAnswers[] = {
    {"a length",
     "HTTP/1.1 200 OK\r\nServer: Docker/20.10 (linux)\r\nContent-Length: 5\r\n\r\nhello", 200,
     "hello"},
    {"no body", "HTTP/1.1 204 No Content\r\n\r\n", 204, ""},
    {"an empty body", "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", 404, ""},
    {"chunks",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n", 200,
     "hello"},
    {"chunks with extensions and a trailer",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\nX: y\r\n\r\n",
     200, "hello"},
    {"no chunks but the last",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: y\r\n\r\n", 200, ""},
    {"until the end", "HTTP/1.0 200 OK\r\n\r\nhello", 200, "hello"},
};

TEST(HttpReaderTest, AnswersInPiecesOfAnySize) {
  for (const Answer& answer : kAnswers) {
    for (const size_t size : {1u, 2u, 3u, 7u, 1000u}) {
      SCOPED_TRACE(std::string(answer.what) + " by " + std::to_string(size));
      const Read read = Feed(answer.bytes, size);
      EXPECT_EQ(read.error, "");
      EXPECT_EQ(read.status, answer.status);
      EXPECT_EQ(read.body, answer.body);
      EXPECT_TRUE(read.done);
    }
  }
}

TEST(HttpReaderTest, WhoServes) {
  HttpReader reader(0);
  std::string body;
  ASSERT_TRUE(reader.Feed(kAnswers[0].bytes, body));
  EXPECT_EQ(reader.server(), "Docker/20.10 (linux)");
  EXPECT_TRUE(reader.keep_alive());
}

TEST(HttpReaderTest, BrokenAnswers) {
  const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const std::string& bytes :
       {std::string("garbage\r\n\r\n"), std::string("HTTP/9.9 200 OK\r\n\r\n"),
        std::string("HTTP/1.1 xyz OK\r\n\r\n"), std::string(1 << 17, '\0'),
        std::string("\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x05\x00\x00\x40\x00", 15),
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n" + std::string(9, 'x'), chunked + "zz\r\n",
        chunked + "fffffffffffffffff\r\n", kAnswers[0].bytes + "and more",
        "HTTP/1.1 200 OK\r\nX: " + std::string(1 << 17, 'x')}) {
    const Read read = Feed(bytes, 4096);
    EXPECT_NE(read.error, "") << bytes.substr(0, 60);
  }
}

TEST(HttpReaderTest, HalfAnswers) {
  for (const Answer& answer : kAnswers) {
    for (size_t length = 0; length < answer.bytes.size(); ++length) {
      const Read read = Feed(std::string_view(answer.bytes).substr(0, length), 16);
      // Without a length every piece of a body is a whole one.
      const bool whole = answer.bytes.starts_with("HTTP/1.0") && length >= 19;
      EXPECT_EQ(read.error.empty(), whole) << answer.what << " " << length;
    }
  }
}

TEST(HttpReaderTest, BoundedMemory) {
  const std::string header = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  HttpReader reader(1000);
  std::string body;
  ASSERT_TRUE(reader.Feed(header, body));
  bool refused = false;
  for (int i = 0; i < 100 && !refused; ++i)
    refused = !reader.Feed("40\r\n" + std::string(64, 'x') + "\r\n", body);
  EXPECT_TRUE(refused);
  EXPECT_LE(body.size(), 1000u);

  // A chunk's line that never ends isn't a body.
  HttpReader endless(0);
  ASSERT_TRUE(endless.Feed(header + "5;", body));
  refused = false;
  for (int i = 0; i < 100 && !refused; ++i) refused = !endless.Feed(std::string(4096, 'a'), body);
  EXPECT_TRUE(refused);
}

}  // namespace
}  // namespace podtap::container
