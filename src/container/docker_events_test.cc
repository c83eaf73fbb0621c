#include <gtest/gtest.h>
#include <poll.h>

#include <atomic>
#include <string>

#include "container/event_collector.h"
#include "container/event_queue.h"
#include "container/fake_server.h"
#include "container/runtime.h"

namespace podtap::container {
namespace {

std::string Line(const std::string& id, const std::string& action, int64_t time) {
  return R"({"Type":"container","Action":")" + action + R"(","Actor":{"ID":")" + id +
         R"(","Attributes":{"exitCode":"137","signal":"9"}},"timeNano":)" + std::to_string(time) +
         "}\n";
}

std::string Chunk(const std::string& bytes) {
  char size[32];
  std::snprintf(size, sizeof size, "%zx\r\n", bytes.size());
  return size + bytes + "\r\n";
}

constexpr const char* kHeader =
    "HTTP/1.1 200 OK\r\nServer: Libpod/4.3.1 (linux)\r\nTransfer-Encoding: chunked\r\n\r\n";
// Later than any test's begin.
constexpr int64_t kLater = 4'000'000'000'000'000'000;

auto Count(size_t count) {
  return [count](const EventBatch& batch) { return batch.events.size() >= count; };
}

std::unique_ptr<EventStream> Follow(const std::string& path) {
  auto stream = NewDocker(HostRoot(), path, RuntimeKind::kDocker)->Events({});
  EXPECT_TRUE(stream) << stream.error().Message();
  return stream ? std::move(*stream) : nullptr;
}

TEST(DockerEventsTest, InWhateverPiecesTheyCome) {
  FakeServer server([](FakeServer::Peer& peer) {
    EXPECT_EQ(peer.Request().substr(0, 11), "GET /events");
    peer.Send(kHeader);
    const std::string text = Line("a", "kill", kLater) + "\n{broken\n" +
                             Line("a", "exec_die", kLater) + Line("a", "die", kLater + 1);
    for (const char c : text) peer.Send(Chunk(std::string(1, c)));
    peer.WaitForEnd();
  });
  const auto stream = Follow(server.path());
  ASSERT_NE(stream, nullptr);
  const EventBatch batch = CollectEvents(*stream, Count(2));
  ASSERT_EQ(batch.events.size(), 2u);
  EXPECT_EQ(batch.events[0].action, "kill");
  EXPECT_EQ(batch.events[0].signal, 9);
  EXPECT_EQ(batch.events[0].runtime, RuntimeKind::kPodman);  // as it says itself
  EXPECT_EQ(batch.events[1].action, "die");
  EXPECT_EQ(batch.events[1].exit_code, 137);
  EXPECT_TRUE(batch.notes.empty());
}

TEST(DockerEventsTest, ALineWithoutEndIsSkipped) {
  FakeServer server([](FakeServer::Peer& peer) {
    peer.Request();
    peer.Send(kHeader);
    for (int i = 0; i < 40; ++i) peer.Send(Chunk(std::string(64 << 10, 'x')));
    peer.Send(Chunk("\n" + Line("a", "die", kLater)));
    peer.WaitForEnd();
  });
  const auto stream = Follow(server.path());
  ASSERT_NE(stream, nullptr);
  EXPECT_EQ(CollectEvents(*stream, Count(1)).events.size(), 1u);
}

// The daemon restarts: said once, and what it tells again isn't taken twice.
TEST(DockerEventsTest, ConnectsAgain) {
  std::atomic<int> round = 0;
  std::string since;
  FakeServer server([&](FakeServer::Peer& peer) {
    const std::string request = peer.Request();
    if (request.empty()) return;
    peer.Send(kHeader);
    if (round++ == 0) {
      peer.Send(Chunk(Line("a", "kill", kLater) + Line("a", "die", kLater + 5)));
    } else {
      since = request;
      peer.Send(Chunk(Line("a", "die", kLater + 5) + Line("a", "start", kLater + 9)));
    }
    peer.WaitForEnd();
  });
  const auto stream = Follow(server.path());
  ASSERT_NE(stream, nullptr);
  EXPECT_EQ(CollectEvents(*stream, Count(2)).events.size(), 2u);
  server.Stop();
  const EventBatch lost =
      CollectEvents(*stream, [](const EventBatch& batch) { return batch.interrupted; });
  ASSERT_EQ(lost.notes.size(), 1u);
  EXPECT_TRUE(lost.notes[0].starts_with("lost the events of " + server.path() + ": "));
  ::poll(nullptr, 0, 300);  // several attempts in vain, of which nothing is said
  server.Start();
  const EventBatch back = CollectEvents(*stream, Count(1));
  ASSERT_EQ(back.events.size(), 1u);
  EXPECT_EQ(back.events[0].action, "start");
  EXPECT_EQ(back.notes.size(), 1u);
  EXPECT_NE(since.find("&since=4000000000.000000005 "), std::string::npos) << since;
}

TEST(DockerEventsTest, ARefusalIsAnError) {
  FakeServer server([](FakeServer::Peer& peer) {
    peer.Request();
    peer.Send("HTTP/1.1 403 Forbidden\r\nContent-Length: 17\r\n\r\n{\"message\":\"no!\"}");
  });
  const auto stream = NewDocker(HostRoot(), server.path(), RuntimeKind::kDocker)->Events({});
  ASSERT_FALSE(stream);
  EXPECT_EQ(stream.error().reason, "HTTP status 403, no!");
}

TEST(DockerEventsTest, EndsAtOnceWhileItWaits) {
  FakeServer server([](FakeServer::Peer& peer) {
    peer.Request();
    peer.Send(kHeader);
    peer.WaitForEnd();
  });
  Follow(server.path()).reset();
  auto reconnecting = Follow(server.path());
  server.Stop();
  CollectEvents(*reconnecting, [](const EventBatch& batch) { return batch.interrupted; });
  reconnecting.reset();
}

TEST(EventQueueTest, WhatNobodyTakesIsCounted) {
  const auto queue = EventQueue::New();
  ASSERT_TRUE(queue);
  for (size_t i = 0; i < EventQueue::kMaxEvents + 7; ++i) (*queue)->Add({});
  pollfd waited{(*queue)->fd(), POLLIN, 0};
  EXPECT_EQ(::poll(&waited, 1, 0), 1);
  const EventBatch batch = (*queue)->Take();
  EXPECT_EQ(batch.events.size(), EventQueue::kMaxEvents);
  EXPECT_EQ(batch.dropped, 7u);
  EXPECT_EQ(::poll(&waited, 1, 0), 0);
  EXPECT_TRUE((*queue)->Take().events.empty());
}

}  // namespace
}  // namespace podtap::container
