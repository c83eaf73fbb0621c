#include "container/docker_json.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/file.h"

namespace podtap::container {
namespace {

// Answers of a real Docker 20.10.24, shortened.
std::string Golden(const std::string& name) {
  const auto text = ReadFile(std::string(PODTAP_SOURCE_DIR) + "/src/container/testdata/" + name,
                             "read the test's data");
  EXPECT_TRUE(text) << name;
  return text.value_or("");
}

Container Inspect(const std::string& name) {
  const auto container = ParseDockerInspect(Golden(name), RuntimeKind::kDocker);
  EXPECT_TRUE(container) << name;
  return container.value_or(Container());
}

TEST(DockerInspectTest, Running) {
  const Container web = Inspect("docker_web.json");
  EXPECT_EQ(web.runtime, RuntimeKind::kDocker);
  EXPECT_EQ(web.id.value, "9989ccfd3d5926c20a90895b70f0367635a37dc4b93611ce40115494e064dcd3");
  EXPECT_EQ(web.name, "web");
  EXPECT_EQ(web.image, "podtap-test:1");
  EXPECT_EQ(web.pod, Pod());
  EXPECT_EQ(web.state, State::kRunning);
  EXPECT_EQ(web.init_pid, 23392);
  EXPECT_EQ(web.started_unix_ns, 1795649487243311580);
  EXPECT_EQ(web.memory_limit, 20 << 20);
  EXPECT_EQ(web.stop_signal, "SIGTERM");
  EXPECT_EQ(web.stop_timeout_s, 7);
  EXPECT_EQ(web.restart_policy, "on-failure");
  EXPECT_FALSE(web.last_exit.has_value());
  EXPECT_EQ(web.last_end_unix_ns, 0);
}

TEST(DockerInspectTest, Ended) {
  const Container gone = Inspect("docker_gone.json");
  EXPECT_EQ(gone.state, State::kExited);
  EXPECT_EQ(gone.init_pid, 0);
  ASSERT_TRUE(gone.last_exit.has_value());
  EXPECT_EQ(gone.last_exit->exit_code, 3);
  EXPECT_FALSE(gone.last_exit->oom_killed);
  EXPECT_EQ(gone.last_exit->started_unix_ns, 1795649487819764192);
  EXPECT_EQ(gone.last_exit->finished_unix_ns, 1795649487822257391);
}

TEST(DockerInspectTest, NeverStarted) {
  const Container failed = Inspect("docker_nostart.json");
  EXPECT_EQ(failed.state, State::kCreated);
  ASSERT_TRUE(failed.last_exit.has_value());
  EXPECT_EQ(failed.last_exit->exit_code, 127);
  EXPECT_NE(failed.last_exit->message.find("no such file"), std::string::npos);
}

TEST(DockerInspectTest, Restarting) {
  const Container loop = Inspect("docker_loop.json");
  EXPECT_EQ(loop.state, State::kRestarting);
  EXPECT_EQ(loop.restarts, 4);
  ASSERT_TRUE(loop.last_exit.has_value());
  EXPECT_EQ(loop.last_exit->exit_code, 4);
}

// Docker forgets how a container ended once it runs again; that must not become a 0.
TEST(DockerInspectTest, RunsAgain) {
  const auto again = ParseDockerInspect(
      R"({"Id":"a","State":{"Status":"running","Running":true,"Pid":5,"ExitCode":0,
          "StartedAt":"2026-11-25T23:31:36Z","FinishedAt":"2026-11-25T23:31:34Z"}})",
      RuntimeKind::kDocker);
  ASSERT_TRUE(again);
  EXPECT_FALSE(again->last_exit.has_value());
  EXPECT_EQ(again->last_end_unix_ns, 1795649494000000000);
}

TEST(DockerInspectTest, CreatedIsNotEnded) {
  const auto fresh = ParseDockerInspect(
      R"({"Id":"a","State":{"Status":"created","ExitCode":0,"Error":""}})", RuntimeKind::kDocker);
  ASSERT_TRUE(fresh);
  EXPECT_FALSE(fresh->last_exit.has_value());
}

TEST(DockerInspectTest, BehindKubernetes) {
  const auto container = ParseDockerInspect(
      R"({"Id":"a","Name":"/k8s_nginx_web-0_default_u_1","State":{"Status":"running"},
          "Config":{"Labels":{"io.kubernetes.pod.name":"web-0",
          "io.kubernetes.pod.namespace":"default","io.kubernetes.pod.uid":"u",
          "io.kubernetes.container.name":"nginx","io.kubernetes.sandbox.id":"s",
          "io.kubernetes.docker.type":"container"}}})",
      RuntimeKind::kDocker);
  ASSERT_TRUE(container);
  EXPECT_EQ(container->pod, (Pod{"web-0", "default", "u", "s"}));
  EXPECT_EQ(container->name, "nginx");
  EXPECT_FALSE(container->is_sandbox);
}

TEST(DockerInspectTest, Podman) {
  const auto container = ParseDockerInspect(
      R"({"Id":"a","Name":"web","State":{"Status":"stopped","ExitCode":137,"OOMKilled":true},
          "Config":{"StopSignal":"15"}})",
      RuntimeKind::kPodman);
  ASSERT_TRUE(container);
  EXPECT_EQ(container->state, State::kExited);
  EXPECT_TRUE(container->last_exit->oom_killed);
  EXPECT_EQ(container->stop_signal, "SIGTERM");
}

TEST(DockerInspectTest, OtherTypesThanTheyShould) {
  for (const char* text :
       {R"({"Id":"a","State":{"Status":5,"Pid":"x","ExitCode":"y","OOMKilled":1}})",
        R"({"Id":"a","Name":[],"State":{},"Config":"x","HostConfig":[],"RestartCount":1e400})",
        R"({"Id":"a","State":{"Pid":99999999999999999999,"ExitCode":-99999999999},
            "Config":{"Labels":[1]},"HostConfig":{"Memory":-1,"RestartPolicy":null}})"}) {
    const auto container = ParseDockerInspect(text, RuntimeKind::kDocker);
    if (!container) continue;  // "1e400" is no JSON number
    EXPECT_EQ(container->state, State::kUnknown);
    EXPECT_EQ(container->init_pid, 0);
    EXPECT_EQ(container->memory_limit, 0);
    EXPECT_EQ(container->restarts, 0);
  }
}

TEST(DockerInspectTest, NoContainers) {
  for (const char* text : {"", "null", "[]", "{}", R"({"Id":"a"})", R"({"State":{}})",
                           R"({"Id":"","State":{}})", R"({"Id":5,"State":{}})", "{\"Id\":\"a\""}) {
    EXPECT_FALSE(ParseDockerInspect(text, RuntimeKind::kDocker)) << text;
  }
}

TEST(DockerIdsTest, Lists) {
  EXPECT_EQ(ParseDockerIds("[]"), std::vector<std::string>());
  EXPECT_EQ(ParseDockerIds(R"([{"Id":"a"},{"Id":"b","Names":["/x"]}])"),
            (std::vector<std::string>{"a", "b"}));
  for (const char* text : {"", "{}", "null", "[1]", "[{}]", R"([{"Id":""}])", R"([{"Id":"a"})"}) {
    EXPECT_FALSE(ParseDockerIds(text)) << text;
  }
  // Deep, and wide: bounded.
  EXPECT_FALSE(ParseDockerIds(std::string(1 << 20, '[')));
  EXPECT_FALSE(ParseDockerIds("[" + std::string(3 << 20, ',') + "]"));
}

TEST(DockerEventTest, ARealStream) {
  std::vector<RuntimeEvent> events;
  std::string lines = Golden("docker_events.jsonl");
  while (!lines.empty()) {
    const size_t end = lines.find('\n');
    if (auto event = ParseDockerEvent(lines.substr(0, end), RuntimeKind::kDocker)) {
      events.push_back(*event);
    }
    lines.erase(0, end + 1);
  }
  std::string said;
  for (const RuntimeEvent& event : events) {
    said += event.name + " " + event.action;
    if (event.signal != 0) said += " " + std::to_string(event.signal);
    if (event.exit_code) said += " " + std::to_string(*event.exit_code);
    said += "\n";
    EXPECT_GT(event.time_unix_ns, 1795649501000000000);
    EXPECT_EQ(event.container.value.size(), 64u);
  }
  EXPECT_EQ(said,
            "web kill 10\nweb kill 15\nweb die 0\nweb stop\nweb start\nweb restart\n"
            "web kill 9\nweb die 137\nweb destroy\n");
}

TEST(DockerEventTest, PodmansOwnWords) {
  const auto died = ParseDockerEvent(
      R"({"Type":"container","Action":"died","Actor":{"ID":"a",
          "Attributes":{"containerExitCode":"3","name":"web"}},"timeNano":7})",
      RuntimeKind::kPodman);
  ASSERT_TRUE(died);
  EXPECT_EQ(died->action, "die");
  EXPECT_EQ(died->exit_code, 3);
  const auto removed = ParseDockerEvent(
      R"({"Type":"container","Action":"remove","Actor":{"ID":"a"}})", RuntimeKind::kPodman);
  ASSERT_TRUE(removed);
  EXPECT_EQ(removed->action, "destroy");
}

// An exit code that isn't there isn't 0.
TEST(DockerEventTest, WhatIsUnknownStaysUnknown) {
  for (const char* code : {"", "x", "1.5", "\\\"3\\\"", "null"}) {
    const auto died =
        ParseDockerEvent(R"({"Action":"die","id":"a","Actor":{"Attributes":{"exitCode":")" +
                             std::string(code) + "\"}}}",
                         RuntimeKind::kDocker);
    ASSERT_TRUE(died) << code;
    EXPECT_FALSE(died->exit_code.has_value()) << code;
  }
}

TEST(DockerEventTest, OfNoInterest) {
  for (const char* line :
       {"", "{", "[]", "5", R"({"Type":"image","Action":"kill","Actor":{"ID":"a"}})",
        R"({"Type":"container","Action":"exec_die","Actor":{"ID":"a"}})",
        R"({"Type":"container","Action":"kill"})", R"({"Action":5,"Actor":5})"}) {
    EXPECT_FALSE(ParseDockerEvent(line, RuntimeKind::kDocker)) << line;
  }
}

TEST(DockerMessageTest, OfAnError) {
  EXPECT_EQ(ParseDockerMessage(R"({"message":"No such container: x"})"), "No such container: x");
  EXPECT_EQ(ParseDockerMessage("<html>"), "");
  EXPECT_EQ(ParseDockerMessage(R"({"message":5})"), "");
}

}  // namespace
}  // namespace podtap::container
