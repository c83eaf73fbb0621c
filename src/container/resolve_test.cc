#include "container/resolve.h"

#include <gtest/gtest.h>

#include "cgroup/fake_node.h"

namespace podtap::container {
namespace {

using cgroup::FakeNode;
using cgroup::Version;

std::string Id(const std::string& begin) { return begin + std::string(64 - begin.size(), '0'); }

class ResolveTest : public testing::Test {
 protected:
  void SetUp() override {
    inventory_.runtimes = {{.kind = RuntimeKind::kDocker, .socket = "/run/docker.sock"},
                           {.kind = RuntimeKind::kContainerd, .socket = "/run/containerd.sock"}};
    Add({"", ""}, "db", "dd01", RuntimeKind::kDocker);
    Add({"", ""}, "web", "dd02", RuntimeKind::kDocker);
    Add({"web-0", "default"}, "nginx", "aa01", RuntimeKind::kContainerd, 5);
    Add({"web-0", "default"}, "nginx", "aa02", RuntimeKind::kContainerd, 9);
    Add({"web-0", "default"}, "sidecar", "aa03", RuntimeKind::kContainerd);
    Add({"web-1", "default"}, "nginx", "ab01", RuntimeKind::kContainerd);
    Add({"api", "default"}, "server", "ac01", RuntimeKind::kContainerd);
    Add({"api", "staging"}, "server2", "ac02", RuntimeKind::kContainerd);
    Add({"db", "staging"}, "postgres", "ad01", RuntimeKind::kContainerd);
    Container& sandbox = Add({"pending", "default"}, "", "ae01", RuntimeKind::kContainerd);
    sandbox.is_sandbox = true;
  }

  Container& Add(const std::pair<std::string, std::string>& pod, const std::string& name,
                 const std::string& id, RuntimeKind runtime, int64_t created = 1) {
    Container container;
    container.runtime = runtime;
    container.id.value = Id(id);
    container.name = name;
    container.pod.name = pod.first;
    container.pod.ns = pod.second;
    container.pod.uid = pod.first.empty() ? "" : "uid-" + pod.second + "-" + pod.first;
    container.created_unix_ns = created;
    container.state = State::kRunning;
    inventory_.containers.push_back(container);
    std::ranges::sort(inventory_.containers, {}, [](const Container& one) {
      return std::tie(one.pod.ns, one.pod.name, one.name, one.created_unix_ns);
    });
    for (Container& one : inventory_.containers) {
      if (one.id == container.id) return one;
    }
    return inventory_.containers.back();
  }

  std::expected<Resolved, Unresolved> Find(const std::string& text) {
    const auto target = ParseTarget(text);
    EXPECT_TRUE(target) << text;
    return Resolve(*target, inventory_, *node_.Open());
  }

  // The first letters of the ids that are found, or the message.
  std::string Said(const std::string& text) {
    const auto found = Find(text);
    if (!found) return found.error().ToError().Message();
    std::string said;
    for (const Container& container : found->containers) {
      said += (said.empty() ? "" : " ") +
              (container.id.value.empty() ? container.name : container.id.value.substr(0, 4));
    }
    return said;
  }

  FakeNode node_{Version::kV2};
  Inventory inventory_;
};

TEST_F(ResolveTest, Names) {
  EXPECT_EQ(Said("web"), "dd02");
  EXPECT_EQ(Said("web-0"), "aa02 aa03");
  EXPECT_EQ(Said("web-1"), "ab01");
  EXPECT_EQ(Said("default/web-0"), "aa02 aa03");
  EXPECT_EQ(Said("default/web-0/sidecar"), "aa03");
  EXPECT_EQ(Said("sidecar"), "aa03");
  EXPECT_EQ(Said("staging/api"), "ac02");
  EXPECT_EQ(Said("uid-default-web-1"), "ab01");
}

TEST_F(ResolveTest, Ids) {
  EXPECT_EQ(Said(Id("aa02")), "aa02");
  EXPECT_EQ(Said("aa02"), "aa02");
  EXPECT_EQ(Said("aa01"), "aa01");          // an earlier attempt
  EXPECT_EQ(Said("ae0100000000"), "ae01");  // a sandbox
  EXPECT_EQ(Said("containerd://aa03"), "aa03");
  EXPECT_EQ(Said("docker://dd01"), "dd01");
  EXPECT_EQ(Said("docker://db"), "dd01");
  EXPECT_EQ(Said("docker://" + Id("dd01")), "dd01");
}

TEST_F(ResolveTest, ThePodIsTold) {
  const auto found = Find("web-0");
  ASSERT_TRUE(found && found->pod);
  EXPECT_EQ(found->pod->uid, "uid-default-web-0");
  EXPECT_FALSE(found->stand_in);
  EXPECT_FALSE(Find("web")->pod.has_value());
  // A pod whose containers aren't there yet.
  const auto pending = Find("default/pending");
  ASSERT_TRUE(pending && pending->pod);
  EXPECT_TRUE(pending->containers.empty());
}

TEST_F(ResolveTest, APodThatWasMadeAgain) {
  Container& old = Add({"web-1", "default"}, "nginx", "0f01", RuntimeKind::kContainerd, 0);
  old.pod.uid = "older";
  EXPECT_EQ(Said("web-1"), "ab01");
  EXPECT_EQ(Said("0f01"), "0f01");
}

TEST_F(ResolveTest, Ambiguous) {
  EXPECT_EQ(Said("api"),
            "can't tell which is meant by api: it may be default/api, staging/api; "
            "name one of them");
  EXPECT_EQ(Said("db"),
            "can't tell which is meant by db: it may be staging/db, db; name one of them");
  EXPECT_EQ(Said("nginx"),
            "can't tell which is meant by nginx: it may be default/web-0/nginx, "
            "default/web-1/nginx; name one of them");
  EXPECT_EQ(Said("containerd://ac"),
            "can't tell which is meant by containerd://ac: it may be default/api/server, "
            "staging/api/server2; name one of them");
  // Two of the same name are told apart by their ids.
  Add({"", ""}, "web", "ee02", RuntimeKind::kPodman);
  EXPECT_EQ(Said("web"), "can't tell which is meant by web: it may be " + Id("dd02") + ", " +
                             Id("ee02") + "; name one of them");
  EXPECT_EQ(Said("podman://web"), "ee02");
}

TEST_F(ResolveTest, NotFound) {
  EXPECT_EQ(Said("web-7"),
            "can't find web-7: no pod, container or id of that name among 9 containers of docker "
            "(/run/docker.sock), containerd (/run/containerd.sock); near it: web-0, web-1, web");
  EXPECT_EQ(Said("zzzzzzzz"),
            "can't find zzzzzzzz: no pod, container or id of that name among 9 containers of "
            "docker (/run/docker.sock), containerd (/run/containerd.sock); "
            "podtap ps shows what is there");
  EXPECT_NE(Said("default/web-0/ngin").find("no container of that name"), std::string::npos);
  EXPECT_NE(Said("default/web-0/ngin").find("near it: default/web-0/nginx"), std::string::npos);
  EXPECT_NE(Said("other/web-0").find("no pod of that name"), std::string::npos);
  EXPECT_NE(Said("docker://aa02").find("no container with that id"), std::string::npos);
  EXPECT_NE(Said("aa0").find("can't find"), std::string::npos);  // too short for an id
}

TEST_F(ResolveTest, WhoCouldntBeAsked) {
  inventory_.runtimes[1].problem = SystemError("x", "", 1);
  EXPECT_NE(Said("zzz").find("; couldn't ask /run/containerd.sock; "), std::string::npos);
  inventory_.runtimes.clear();
  EXPECT_NE(Said("zzz").find("of the cgroups (no runtime answers)"), std::string::npos);
}

TEST_F(ResolveTest, All) { EXPECT_EQ(Said("--all"), "dd01 dd02 ac01 aa02 aa03 ab01 ac02 ad01"); }

TEST_F(ResolveTest, Pids) {
  node_.AddProcess(10, "/docker/" + Id("dd01") + "/sub");
  node_.AddProcess(20, "/docker/" + Id("ffff"));
  node_.AddProcess(30, "/system.slice/cron.service");
  node_.AddProcess(31, "/system.slice/cron.service");
  node_.WriteProcess(31, "status", "Name:\tcron\nTgid:\t30\nPid:\t31\n");
  auto found = Find("pid:10");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->pid, 10);
  EXPECT_EQ(found->containers.at(0).name, "db");
  EXPECT_FALSE(found->stand_in);
  // One that no runtime knows.
  found = Find("pid:20");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->containers.at(0).id.value, Id("ffff"));
  EXPECT_EQ(found->containers.at(0).runtime, RuntimeKind::kDocker);
  found = Find("pid:30");
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->stand_in);
  EXPECT_EQ(found->containers.at(0).name, "pid:30");
  EXPECT_EQ(found->containers.at(0).init_pid, 30);
  EXPECT_EQ(found->containers.at(0).cgroup_path, "/system.slice/cron.service");
  EXPECT_NE(found->containers.at(0).cgroup.value, 0u);
  EXPECT_EQ(Find("pid:31")->pid, 30);  // a thread's process
  EXPECT_EQ(Said("pid:99"),
            "can't find pid:99: no process has that number; podtap ps shows what is there");
}

TEST_F(ResolveTest, ANestedContainerBelongsToTheOneThatIsKnown) {
  node_.AddProcess(10, "/docker/" + Id("dd01") + "/kubelet/kubepods/podu/" + Id("ffff"));
  EXPECT_EQ(Said("pid:10"), "dd01");
}

TEST_F(ResolveTest, Cgroups) {
  node_.AddProcess(10, "/docker/" + Id("dd01") + "/sub");
  node_.AddCgroup("/system.slice/cron.service");
  EXPECT_EQ(Said("cgroup:/docker/" + Id("dd01")), "dd01");
  EXPECT_EQ(Said("cgroup:" + node_.folder() + "/sys/fs/cgroup/docker/" + Id("dd01")), "dd01");
  const auto part = Find("cgroup:/docker/" + Id("dd01") + "/sub");
  ASSERT_TRUE(part);
  EXPECT_TRUE(part->stand_in);
  EXPECT_EQ(part->containers.at(0).cgroup_path, "/docker/" + Id("dd01") + "/sub");
  EXPECT_EQ(Said("cgroup:/system.slice/cron.service"), "cgroup:/system.slice/cron.service");
  EXPECT_EQ(Said("cgroup:/system.slice/corn.service"),
            "can't find cgroup:/system.slice/corn.service: no such directory below " +
                node_.folder() +
                "/sys/fs/cgroup; near it: cgroup:/system.slice/cron.service, "
                "cgroup:/system.slice");
}

TEST_F(ResolveTest, Units) {
  node_.AddProcess(10, "/system.slice/cron.service/sub");
  node_.AddCgroup("/system.slice/docker-" + Id("dd01") + ".scope");
  node_.AddCgroup("/user.slice/user-1000.slice/user@1000.service/app.slice/web.service");
  node_.AddCgroup("/user.slice/user-1001.slice/user@1001.service/app.slice/web.service");
  const auto cron = Find("unit:cron");
  ASSERT_TRUE(cron);
  EXPECT_TRUE(cron->stand_in);
  EXPECT_EQ(cron->containers.at(0).name, "unit:cron.service");
  EXPECT_EQ(cron->containers.at(0).cgroup_path, "/system.slice/cron.service");
  EXPECT_EQ(Said("unit:docker-" + Id("dd01") + ".scope"), "dd01");
  EXPECT_EQ(Said("unit:user-1000.slice"), "unit:user-1000.slice");
  EXPECT_EQ(Said("unit:web.service"),
            "can't tell which is meant by unit:web.service: it may be "
            "cgroup:/user.slice/user-1000.slice/user@1000.service/app.slice/web.service, "
            "cgroup:/user.slice/user-1001.slice/user@1001.service/app.slice/web.service; "
            "name one of them");
  EXPECT_EQ(Said("unit:crom.service"),
            "can't find unit:crom.service: no cgroup of a unit with that name; "
            "near it: unit:cron.service");
}

}  // namespace
}  // namespace podtap::container
