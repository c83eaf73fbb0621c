// Whole frames, as terminals of several sizes show them: testdata/*.txt.
#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "top/frame.h"

namespace podtap::top {
namespace {

constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kMinute = 60 * kSecond;
constexpr int64_t kNow = 1'785'438'000LL * kSecond;  // 2026-07-30 19:00:00 UTC

const std::filesystem::path kFolder = std::string(PODTAP_SOURCE_DIR) + "/src/top/testdata";

class TopGolden : public testing::Test {
 protected:
  void SetUp() override {
    ::setenv("TZ", "UTC", 1);
    ::tzset();
  }

  void Compare(const std::string& name, const Snapshot& snapshot, Size size) {
    std::string now;
    for (const std::string& line : Frame(snapshot, view_, size, false)) now += line + "\n";
    const std::filesystem::path path = kFolder / (name + ".txt");
    if (std::getenv("PODTAP_APPROVE") != nullptr) {
      std::ofstream(path) << now;
      return;
    }
    std::stringstream approved;
    approved << std::ifstream(path).rdbuf();
    EXPECT_EQ(approved.str(), now) << path;
  }

  View view_;
};

Present Docker(const std::string& name, container::State state, int32_t restarts, uint64_t memory) {
  container::Container one;
  one.runtime = container::RuntimeKind::kDocker;
  one.id = {name + "-0123456789abcdef"};
  one.name = name;
  one.state = state;
  one.started_unix_ns = kNow - 90 * kMinute;
  one.restarts = restarts;
  one.memory_limit = 64 << 20;
  return {.container = one, .memory = memory};
}

Present Pod(const std::string& pod, const std::string& name, int32_t restarts) {
  Present present = Docker(name, container::State::kRunning, restarts, 310u << 20);
  present.container.runtime = container::RuntimeKind::kContainerd;
  present.container.pod = {.name = pod, .ns = "shop", .uid = "u"};
  present.container.memory_limit = 0;
  return present;
}

store::DeathRow Death(int64_t id, const Present& of, int64_t minutes_ago, const char* cause,
                      const char* culprit, const char* headline) {
  const container::Container& one = of.container;
  return {.id = id,
          .unix_ns = kNow - minutes_ago * kMinute,
          .container_id = one.id.value,
          .runtime = container::RuntimeName(one.runtime),
          .ns = one.pod.ns,
          .pod = one.pod.name,
          .name = one.name,
          .cause = cause,
          .confidence = "proven",
          .headline = headline,
          .culprit = culprit};
}

Parts ANode() {
  Parts parts{.node = "node-1", .now_unix_ns = kNow, .all_answered = true};
  parts.recorder = {.state = Recorder::State::kRuns, .since_unix_ns = kNow - 50 * kMinute};
  parts.present = {
      Docker("db", container::State::kRunning, 0, 20u << 20),
      Docker("cache", container::State::kExited, 2, 0), Pod("web-5f7c9d8b6d-x2x7q", "nginx", 7),
      Pod("web-5f7c9d8b6d-x2x7q", "sidecar", 0), Docker("queue", container::State::kExited, 1, 0)};
  parts.present[1].memory.reset();
  parts.present[4].memory.reset();
  // The runtime knows of a later end than the store.
  parts.present[4].end = {.unix_ns = kNow - 3 * kMinute, .exit_code = 137, .text = "137 SIGKILL"};
  const Present gone = Docker("job", container::State::kExited, 0, 0);
  parts.deaths = {
      Death(9, parts.present[2], 2, "oom.container", "nginx(4242)",
            "The kernel's OOM killer ended nginx(4242): container nginx reached its memory limit "
            "of 310 MiB."),
      Death(8, gone, 12, "exit", "", "job exited by itself with code 0."),
      Death(7, parts.present[1], 40, "killed.host", "pkill(4711)",
            "pkill(4711), run by root on the host, killed redis(4200) with SIGKILL."),
      Death(6, parts.present[4], 70, "killed.host", "kill(99)",
            "kill(99), run by root on the host, killed queue(98) with SIGKILL.")};
  parts.blind = {{.from_unix_ns = kNow - 55 * kMinute,
                  .to_unix_ns = kNow - 50 * kMinute,
                  .why = "not running"}};
  return parts;
}

TEST_F(TopGolden, EverySize) {
  const Snapshot snapshot = MakeSnapshot(ANode());
  Compare("80x24", snapshot, {.columns = 80, .lines = 24});
  Compare("120x40", snapshot, {.columns = 120, .lines = 40});
  Compare("40x10", snapshot, {.columns = 40, .lines = 10});
}

TEST_F(TopGolden, NothingHere) {
  Compare("empty", MakeSnapshot({.node = "node-1", .now_unix_ns = kNow, .all_answered = true}),
          {.columns = 80, .lines = 12});
}

TEST_F(TopGolden, NoRuntimeAnswers) {
  Parts parts = ANode();
  parts.all_answered = false;
  parts.present.clear();
  parts.problems = {"can't read the answer of /run/docker.sock: no answer in time"};
  Compare("no_answer", MakeSnapshot(parts), {.columns = 80, .lines = 16});
}

TEST_F(TopGolden, HostileNames) {
  Parts parts = ANode();
  parts.node = "\x1b]0;owned\x07";
  parts.present[0].container.name =
      "\x1b[2J\n\r\xff\xc2\x9b"
      "31mdb";
  parts.present[0].end = {.unix_ns = kNow - kMinute, .exit_code = 1, .text = "1 \x1b[8mhidden\n"};
  parts.deaths[0].culprit = "\x1b[?1049l(1)";
  parts.deaths[0].headline = "a\nb\x1b[H";
  parts.deaths[0].cause = "\x1b[m";
  parts.problems = {"\x1b[31m\n"};
  Compare("hostile", MakeSnapshot(parts), {.columns = 80, .lines = 18});
}

TEST_F(TopGolden, Many) {
  Parts parts = ANode();
  for (int i = 0; i < 500; i++) parts.present.push_back(Pod("api-" + std::to_string(i), "app", i));
  view_.order = Order::kRestarts;
  view_.selected = "shop/api-250/app";
  Compare("many", MakeSnapshot(parts), {.columns = 100, .lines = 20});
}

}  // namespace
}  // namespace podtap::top
