#include "container/runtime_command.h"

#include <gtest/gtest.h>

namespace podtap::container {
namespace {

// The words of a line, with the container web of the pod shop/web-0.
Asks Of(const std::string& line) {
  std::vector<std::string> args;
  for (size_t at = 0; at <= line.size();) {
    const size_t end = std::min(line.find(' ', at), line.size());
    args.push_back(line.substr(at, end - at));
    at = end + 1;
  }
  Container container;
  container.name = "web";
  container.id.value = "4f1c0de2a9b8aaaabbbbccccdddd";
  container.pod.name = "web-0";
  return WhatItAsks(args.front(), args, container);
}

TEST(WhatItAsks, ToStopToKillOrToRemoveIt) {
  for (const char* line :
       {"docker stop web", "docker -H unix:///run/docker.sock restart -t 3 4f1c0de2a9b8",
        "docker container stop other web", "crictl stop --timeout 3 4f1c0de2",
        "kubectl -n shop delete pod web-0", "kubectl delete pod/web-0",
        "curl -XPOST http://d/containers/web/stop"}) {
    EXPECT_EQ(Of(line), Asks::kStop) << line;
  }
  for (const char* line : {"docker kill -s TERM web", "podman kill web",
                           "ctr -n k8s.io task kill 4f1c0de2a9b8aaaabbbbccccdddd",
                           "curl --unix-socket /run/docker.sock -X POST "
                           "http://d/v1.41/containers/web/kill?signal=9"}) {
    EXPECT_EQ(Of(line), Asks::kSignal) << line;
  }
  for (const char* line :
       {"docker rm -f other web", "curl -XDELETE http://d/containers/4f1c0de2a9b8?force=1"}) {
    EXPECT_EQ(Of(line), Asks::kRemove) << line;
  }
}

TEST(WhatItAsks, NothingThatEndsIt) {
  for (const char* line :
       {"docker inspect web", "docker logs -f web", "docker logs stop", "docker events",
        "docker exec web kill 1", "docker run -d --name web bb:1 sleep 9", "docker run -dit bb:1",
        "docker start web", "crictl ps", "kubectl get pod web-0", "docker rename web kill"}) {
    EXPECT_EQ(Of(line), Asks::kNothing) << line;
  }
}

TEST(WhatItAsks, NobodyCanTell) {
  for (const char* line :
       {"docker stop other", "docker rm web", "curl -XDELETE http://d/containers/web",
        "docker compose down", "docker run --name web bb:1 sleep 9", "docker start -a web",
        "docker", "watchtower --cleanup", "docker-compose stop web",
        "curl http://d/containers/web/json", "curl http://d/containers/other/kill",
        "crictl stopp 77777777", "docker stop 4f1"}) {
    EXPECT_EQ(Of(line), Asks::kPerhaps) << line;
  }
}

}  // namespace
}  // namespace podtap::container
