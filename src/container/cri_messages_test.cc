#include "container/cri_messages.h"

#include <cri.pb.h>
#include <gtest/gtest.h>

#include <csignal>

namespace podtap::container {
namespace {

cri::ContainerStatusResponse Status(int32_t state) {
  cri::ContainerStatusResponse answer;
  cri::ContainerStatus& status = *answer.mutable_status();
  status.set_id("c1");
  status.mutable_metadata()->set_name("nginx");
  status.mutable_metadata()->set_attempt(2);
  status.mutable_image()->set_image("sha256:77");
  status.set_state(state);
  status.set_created_at(10);
  status.set_started_at(20);
  status.set_finished_at(state == 2 ? 30 : 0);
  status.set_exit_code(state == 2 ? 137 : 0);
  status.set_reason(state == 2 ? "OOMKilled" : "");
  (*answer.mutable_info())["info"] = R"({"sandboxID":"s","pid":4711,"config":{"pid":1}})";
  return answer;
}

TEST(CriStatusTest, Running) {
  Container container;
  container.pod.sandbox = "s";
  container.image = "nginx:1";
  ASSERT_TRUE(ApplyCriContainerStatus(Status(1).SerializeAsString(), container));
  EXPECT_EQ(container.id.value, "c1");
  EXPECT_EQ(container.name, "nginx");
  EXPECT_EQ(container.image, "nginx:1");
  EXPECT_EQ(container.restarts, 2);
  EXPECT_EQ(container.state, State::kRunning);
  EXPECT_EQ(container.init_pid, 4711);
  EXPECT_EQ(container.created_unix_ns, 10);
  EXPECT_EQ(container.started_unix_ns, 20);
  EXPECT_EQ(container.stop_signal, "");  // the CRI of before 1.33 doesn't say
  EXPECT_EQ(container.pod.sandbox, "s");
  EXPECT_FALSE(container.last_exit.has_value());
}

TEST(CriStatusTest, StopSignal) {
  cri::ContainerStatusResponse answer = Status(1);
  answer.mutable_status()->set_stop_signal(30);
  Container container;
  ASSERT_TRUE(ApplyCriContainerStatus(answer.SerializeAsString(), container));
  EXPECT_EQ(container.stop_signal, "SIGUSR2");
}

TEST(CriStatusTest, Ended) {
  Container container;
  ASSERT_TRUE(ApplyCriContainerStatus(Status(2).SerializeAsString(), container));
  EXPECT_EQ(container.state, State::kExited);
  EXPECT_EQ(container.init_pid, 0);  // whose number that was may be somebody else's now
  ASSERT_TRUE(container.last_exit.has_value());
  EXPECT_EQ(*container.last_exit, (RuntimeExit{.exit_code = 137,
                                               .reason = "OOMKilled",
                                               .oom_killed = true,
                                               .started_unix_ns = 20,
                                               .finished_unix_ns = 30}));
}

TEST(CriStatusTest, NoStatus) {
  Container container;
  EXPECT_FALSE(ApplyCriContainerStatus("", container));
  EXPECT_FALSE(ApplyCriContainerStatus("\xff\xff\xff", container));
  EXPECT_FALSE(ApplyCriSandboxStatus("", container));
}

TEST(CriStatusTest, Sandbox) {
  cri::PodSandboxStatusResponse answer;
  cri::PodSandboxStatus& status = *answer.mutable_status();
  status.set_id("s");
  status.mutable_metadata()->set_name("web-0");
  status.mutable_metadata()->set_namespace_("default");
  status.mutable_metadata()->set_uid("u");
  (*answer.mutable_info())["info"] = R"({"pid":17})";
  Container sandbox;
  ASSERT_TRUE(ApplyCriSandboxStatus(answer.SerializeAsString(), sandbox));
  EXPECT_TRUE(sandbox.is_sandbox);
  EXPECT_EQ(sandbox.pod, (Pod{"web-0", "default", "u", "s"}));
  EXPECT_EQ(sandbox.init_pid, 17);
}

TEST(CriInfoTest, ThePidAtTheTopAlone) {
  EXPECT_EQ(ParseCriInfoPid(R"({"sandboxID":"s","pid":17,"x":[1]})"), 17);
  EXPECT_EQ(ParseCriInfoPid(R"({"config":{"pid":1},"list":[{"pid":2}],"pid":17})"), 17);
  for (const char* text : {"", "5", "[]", "{}", R"({"pid":"17"})", R"({"pid":-1})",
                           R"({"pid":99999999999})", R"({"a":{"pid":17}})", R"([{"pid":17}])",
                           R"({"pid":1.5})", R"({"pid":[17]})", R"({"pid":null,"x":17})"}) {
    EXPECT_EQ(ParseCriInfoPid(text), 0) << text;
  }
  EXPECT_EQ(ParseCriInfoPid(std::string(1 << 20, '[')), 0);
}

TEST(CriListTest, ContainersAndSandboxes) {
  cri::ListContainersResponse containers;
  cri::Container& listed = *containers.add_containers();
  listed.set_id("c1");
  listed.set_pod_sandbox_id("s");
  listed.mutable_metadata()->set_name("nginx");
  listed.mutable_image()->set_image("sha256:77");
  listed.mutable_image()->set_user_specified_image("nginx:1");
  listed.set_state(1);
  (*listed.mutable_labels())["io.kubernetes.pod.name"] = "web-0";
  (*listed.mutable_labels())["io.kubernetes.pod.namespace"] = "default";
  const auto entries = ParseCriContainers(containers.SerializeAsString(), RuntimeKind::kContainerd);
  ASSERT_TRUE(entries && entries->size() == 1);
  EXPECT_EQ(entries->front().sandbox, "s");
  EXPECT_EQ(entries->front().container.image, "nginx:1");
  EXPECT_EQ(entries->front().container.pod, (Pod{"web-0", "default", "", "s"}));

  cri::ListPodSandboxResponse sandboxes;
  cri::PodSandbox& ready = *sandboxes.add_items();
  ready.set_id("s");
  ready.mutable_metadata()->set_name("web-0");
  sandboxes.add_items()->set_state(1);
  const auto found = ParseCriSandboxes(sandboxes.SerializeAsString(), RuntimeKind::kCrio);
  ASSERT_TRUE(found && found->size() == 2);
  EXPECT_EQ(found->at(0).state, State::kRunning);
  EXPECT_EQ(found->at(0).pod.sandbox, "s");
  EXPECT_EQ(found->at(1).state, State::kExited);
  EXPECT_FALSE(ParseCriContainers("\xff", RuntimeKind::kCrio));
  EXPECT_FALSE(ParseCriSandboxes("\xff", RuntimeKind::kCrio));
}

TEST(CriSignalTest, ItsOwnNumbers) {
  EXPECT_EQ(CriSignal(0), 0);
  EXPECT_EQ(CriSignal(1), SIGABRT);
  EXPECT_EQ(CriSignal(10), SIGINT);
  EXPECT_EQ(CriSignal(13), SIGKILL);
  EXPECT_EQ(CriSignal(18), SIGQUIT);
  EXPECT_EQ(CriSignal(23), SIGTERM);
  EXPECT_EQ(CriSignal(34), SIGXFSZ);
  EXPECT_EQ(CriSignal(35), 34);  // SIGRTMIN
  EXPECT_EQ(CriSignal(38), 37);  // SIGRTMIN+3
  EXPECT_EQ(CriSignal(65), 64);  // SIGRTMAX
  EXPECT_EQ(CriSignal(66), 0);
  EXPECT_EQ(CriSignal(-1), 0);
}

Container Attempt(const char* name, int32_t attempt, State state, int code = 0) {
  Container container;
  container.name = name;
  container.pod.uid = "u";
  container.restarts = attempt;
  container.state = state;
  if (state == State::kExited) container.last_exit = RuntimeExit{.exit_code = code};
  return container;
}

TEST(CriAttemptsTest, TheEndOfTheAttemptBefore) {
  std::vector<Container> containers = {
      Attempt("a", 3, State::kRunning),   Attempt("a", 1, State::kExited, 1),
      Attempt("a", 2, State::kExited, 2), Attempt("b", 0, State::kRunning),
      Attempt("c", 0, State::kExited, 9), Attempt("c", 1, State::kExited, 8)};
  JoinAttempts(containers);
  ASSERT_TRUE(containers[0].last_exit.has_value());
  EXPECT_EQ(containers[0].last_exit->exit_code, 2);
  EXPECT_FALSE(containers[3].last_exit.has_value());
  EXPECT_EQ(containers[5].last_exit->exit_code, 8);
}

TEST(CriEventTest, Stopped) {
  cri::ContainerEventResponse message;
  message.set_container_id("c1");
  message.set_container_event_type(2);
  message.set_created_at(77);
  message.mutable_pod_sandbox_status()->set_id("s");
  message.mutable_pod_sandbox_status()->mutable_metadata()->set_name("web-0");
  cri::ContainerStatus& other = *message.add_containers_statuses();
  other.set_id("c0");
  other.set_exit_code(1);
  *message.add_containers_statuses() = Status(2).status();
  const auto event = ParseCriEvent(message.SerializeAsString(), RuntimeKind::kContainerd);
  ASSERT_TRUE(event);
  EXPECT_EQ(event->action, "die");
  EXPECT_EQ(event->exit_code, 137);
  EXPECT_EQ(event->message, "OOMKilled");
  EXPECT_EQ(event->time_unix_ns, 77);
  EXPECT_EQ(event->name, "nginx");
  EXPECT_EQ(event->pod.name, "web-0");
}

TEST(CriEventTest, OthersAndNone) {
  cri::ContainerEventResponse message;
  EXPECT_FALSE(ParseCriEvent(message.SerializeAsString(), RuntimeKind::kContainerd));
  message.set_container_id("c1");
  EXPECT_EQ(ParseCriEvent(message.SerializeAsString(), RuntimeKind::kCrio)->action, "create");
  message.set_container_event_type(3);
  EXPECT_EQ(ParseCriEvent(message.SerializeAsString(), RuntimeKind::kCrio)->action, "destroy");
  // One whose status didn't come with it ended somehow, not with 0.
  message.set_container_event_type(2);
  EXPECT_FALSE(ParseCriEvent(message.SerializeAsString(), RuntimeKind::kCrio)->exit_code);
  message.set_container_event_type(4);
  EXPECT_FALSE(ParseCriEvent(message.SerializeAsString(), RuntimeKind::kCrio));
  EXPECT_FALSE(ParseCriEvent("\xff", RuntimeKind::kCrio));
}

}  // namespace
}  // namespace podtap::container
