#include "container/target.h"

#include <gtest/gtest.h>

#include "container/near_names.h"

namespace podtap::container {
namespace {

using Kind = Target::Kind;

TEST(TargetTest, Grammar) {
  struct Row {
    const char* text;
    Target target;
  };
  const Row rows[] = {
      {"--all", {.kind = Kind::kAll}},
      {"web-0", {.kind = Kind::kWord, .name = "web-0"}},
      {"4f1c3b5e7a9d", {.kind = Kind::kWord, .name = "4f1c3b5e7a9d"}},
      {"default/web-0", {.kind = Kind::kPod, .ns = "default", .name = "web-0"}},
      {"default/web-0/nginx",
       {.kind = Kind::kContainer, .ns = "default", .name = "web-0", .container = "nginx"}},
      {"docker://4f1c", {.kind = Kind::kId, .name = "4f1c", .runtime = RuntimeKind::kDocker}},
      {"podman://4f1c", {.kind = Kind::kId, .name = "4f1c", .runtime = RuntimeKind::kPodman}},
      {"containerd://4f1c",
       {.kind = Kind::kId, .name = "4f1c", .runtime = RuntimeKind::kContainerd}},
      {"cri-o://4f1c", {.kind = Kind::kId, .name = "4f1c", .runtime = RuntimeKind::kCrio}},
      {"pid:7942", {.kind = Kind::kPid, .pid = 7942}},
      {"cgroup:/docker/4f1c", {.kind = Kind::kCgroup, .path = "/docker/4f1c"}},
      {"cgroup:/a//../../b/", {.kind = Kind::kCgroup, .path = "/b"}},
      {"cgroup:/", {.kind = Kind::kCgroup, .path = "/"}},
      {"unit:cron.service", {.kind = Kind::kUnit, .name = "cron.service"}},
      {"unit:cron", {.kind = Kind::kUnit, .name = "cron.service"}},
      {"unit:session-3.scope", {.kind = Kind::kUnit, .name = "session-3.scope"}},
      {"unit:user.slice", {.kind = Kind::kUnit, .name = "user.slice"}},
  };
  for (const Row& row : rows) {
    Target wanted = row.target;
    wanted.written = row.text;
    const auto parsed = ParseTarget(row.text);
    ASSERT_TRUE(parsed) << row.text;
    EXPECT_TRUE(*parsed == wanted) << row.text;
  }
}

TEST(TargetTest, Mistakes) {
  for (const std::string& text :
       {std::string(),           std::string("/"),         std::string("a/"),
        std::string("/a"),       std::string("a//b"),      std::string("a/b/c/d"),
        std::string("pid:"),     std::string("pid:0"),     std::string("pid:-1"),
        std::string("pid:x"),    std::string("pid:1x"),    std::string("pid:99999999999"),
        std::string("cgroup:"),  std::string("cgroup:a"),  std::string("unit:"),
        std::string("unit:a/b"), std::string("docker://"), std::string("rkt://abc"),
        std::string("://x"),     std::string(5000, 'a')}) {
    const auto parsed = ParseTarget(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().kind, ErrorKind::kUsage);
    EXPECT_NE(parsed.error().Message().find("NAMESPACE/POD"), std::string::npos);
  }
}

TEST(TargetTest, AContainersOwnName) {
  Container container;
  container.id.value = "4f1c3b5e7a9d0f2b4c6e";
  EXPECT_EQ(TargetOf(container), "4f1c3b5e7a9d");
  container.runtime = RuntimeKind::kDocker;
  EXPECT_EQ(TargetOf(container), "docker://4f1c3b5e7a9d");
  container.name = "web";
  EXPECT_EQ(TargetOf(container), "web");
  container.pod = {"web-0", "default", "u", "s"};
  EXPECT_EQ(TargetOf(container), "default/web-0/web");
  container.is_sandbox = true;
  EXPECT_EQ(TargetOf(container), "default/web-0");
}

TEST(NearNamesTest, NearestFirst) {
  const std::vector<std::string> names = {"web-0", "web-1", "api", "webhook", "web-0", "", "db"};
  EXPECT_EQ(NearNames("web-9", names), (std::vector<std::string>{"web-0", "web-1"}));
  EXPECT_EQ(NearNames("web", names), (std::vector<std::string>{"web-0", "web-1", "webhook"}));
  EXPECT_EQ(NearNames("aip", names), std::vector<std::string>());
  EXPECT_EQ(NearNames("apy", names), (std::vector<std::string>{"api"}));
  EXPECT_EQ(NearNames("x", {"aaaa", "b"}), (std::vector<std::string>{"b"}));
  EXPECT_TRUE(NearNames(std::string(1000, 'x'), names).empty());
  EXPECT_TRUE(NearNames("web", {std::string(100'000, 'w')}).empty());
}

TEST(NearNamesTest, NotTooMany) {
  std::vector<std::string> names;
  for (int i = 0; i < 100; ++i) names.push_back("web-" + std::to_string(i));
  EXPECT_EQ(NearNames("web-x", names).size(), 5u);
}

}  // namespace
}  // namespace podtap::container
