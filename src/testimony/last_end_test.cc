#include "testimony/last_end.h"

#include <gtest/gtest.h>

namespace podtap::testimony {
namespace {

using container::Container;
using container::Inventory;
using container::RuntimeExit;
using container::State;

Container Named(const std::string& id, State state) {
  Container container;
  container.id.value = id;
  container.name = "app";
  container.state = state;
  container.created_unix_ns = 100;
  container.started_unix_ns = 110;
  return container;
}

TEST(LastEnd, OfOneThatHasEnded) {
  Container one = Named("a", State::kExited);
  one.last_exit = RuntimeExit{.exit_code = 3, .finished_unix_ns = 200};
  const auto end = FindLastEnd(one, {});
  ASSERT_TRUE(end.has_value());
  EXPECT_EQ(end->unix_ns, 200);
  EXPECT_FALSE(end->runs_again || end->forgotten);
}

TEST(LastEnd, OneThatNeverEndedHasNone) {
  EXPECT_FALSE(FindLastEnd(Named("a", State::kRunning), {}).has_value());
  EXPECT_FALSE(FindLastEnd(Named("a", State::kCreated), {}).has_value());
}

TEST(LastEnd, OneThatCouldNotBeStarted) {
  Container one = Named("a", State::kCreated);
  one.started_unix_ns = 0;
  one.last_exit = RuntimeExit{.exit_code = 127, .message = "no such file"};
  const auto end = FindLastEnd(one, {});
  ASSERT_TRUE(end.has_value());
  EXPECT_EQ(end->unix_ns, 100);
}

// Docker starts the same container again and keeps the time of its end.
TEST(LastEnd, StartedAgainInPlace) {
  Container one = Named("a", State::kRunning);
  one.init_pid = 7942;
  one.last_end_unix_ns = 105;
  const auto end = FindLastEnd(one, {});
  ASSERT_TRUE(end.has_value());
  EXPECT_EQ(end->unix_ns, 105);
  EXPECT_TRUE(end->runs_again);
  EXPECT_EQ(end->container.init_pid, 0);
  EXPECT_EQ(end->container.started_unix_ns, 0);
  EXPECT_EQ(end->container.id.value, "a");
}

// The kubelet makes another container, and leaves the last one for its logs.
TEST(LastEnd, TheAttemptBefore) {
  Inventory inventory;
  for (int attempt = 0; attempt < 3; attempt++) {
    Container one = Named("a" + std::to_string(attempt), State::kExited);
    one.pod = {.name = "web-0", .ns = "default", .uid = "1", .sandbox = ""};
    one.restarts = attempt;
    one.last_exit = RuntimeExit{.exit_code = attempt, .finished_unix_ns = 200 + attempt};
    inventory.containers.push_back(one);
  }
  Container current = inventory.containers[0];
  current.id.value = "b";
  current.restarts = 3;
  current.state = State::kRunning;
  // The inventory has joined its predecessor's end to it.
  current.last_exit = inventory.containers[2].last_exit;
  inventory.containers.push_back(current);
  Container sidecar = inventory.containers[2];
  sidecar.name = "sidecar";
  sidecar.id.value = "c";
  inventory.containers.push_back(sidecar);
  const auto end = FindLastEnd(current, inventory);
  ASSERT_TRUE(end.has_value());
  EXPECT_EQ(end->container.id.value, "a2");
  EXPECT_EQ(end->unix_ns, 202);
  EXPECT_TRUE(end->runs_again);
}

TEST(LastEnd, OfOneThatWasRemoved) {
  container::EventHistory history;
  const auto add = [&](const char* id, const char* name, const char* action, int64_t at, int code) {
    container::RuntimeEvent event;
    event.container.value = id;
    event.name = name;
    event.action = action;
    event.time_unix_ns = at;
    event.exit_code = code;
    history.events.push_back(event);
  };
  add("aaaa1111", "web", "start", 10, 0);
  add("aaaa1111", "web", "die", 20, 1);
  add("bbbb2222", "web", "create", 30, 0);  // another of the same name
  add("bbbb2222", "web", "start", 31, 0);
  add("cccc3333", "db", "die", 35, 9);
  add("bbbb2222", "web", "die", 40, 137);
  add("bbbb2222", "web", "destroy", 41, 0);
  const auto by_name = FindRemoved("web", history, container::RuntimeKind::kDocker);
  ASSERT_TRUE(by_name.has_value());
  EXPECT_EQ(by_name->container.id.value, "bbbb2222");
  EXPECT_EQ(by_name->unix_ns, 40);
  EXPECT_EQ(by_name->container.last_exit->exit_code, 137);
  EXPECT_EQ(by_name->container.started_unix_ns, 31);
  const auto by_id = FindRemoved("aaaa1", history, container::RuntimeKind::kDocker);
  ASSERT_TRUE(by_id.has_value());
  EXPECT_EQ(by_id->container.last_exit->exit_code, 1);
  EXPECT_FALSE(FindRemoved("we", history, container::RuntimeKind::kDocker).has_value());
  EXPECT_FALSE(FindRemoved("", history, container::RuntimeKind::kDocker).has_value());
}

TEST(LastEnd, ThatWasForgotten) {
  Container current = Named("b", State::kRunning);
  current.pod = {.name = "web-0", .ns = "default", .uid = "1", .sandbox = ""};
  current.restarts = 3;
  Inventory inventory;
  inventory.containers.push_back(current);
  const auto end = FindLastEnd(current, inventory);
  ASSERT_TRUE(end.has_value());
  EXPECT_TRUE(end->forgotten);
  EXPECT_EQ(end->container.id.value, "");
  EXPECT_FALSE(end->container.last_exit.has_value());
  EXPECT_EQ(end->unix_ns, 100);
}

}  // namespace
}  // namespace podtap::testimony
