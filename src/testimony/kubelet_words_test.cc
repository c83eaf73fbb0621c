// By what a real kubelet said (tests/kubelet/observed), and by the words of newer ones.
#include "testimony/kubelet_words.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

namespace podtap::testimony {
namespace {

const std::filesystem::path kObserved =
    std::filesystem::path(PODTAP_SOURCE_DIR) / "tests/kubelet/observed";
constexpr int64_t kNow = 1'795'700'000'000'000'000;  // 2026-11-26

std::vector<KubeletWord> ReadAll(const std::filesystem::path& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file.good()) << path;
  std::vector<KubeletWord> words;
  for (std::string line; std::getline(file, line);) {
    const auto record = ParseKlog(line);
    if (!record) continue;
    auto word = ReadWord(*record);
    if (!word) continue;
    word->unix_ns = UnixNs(*record->wall, kNow, 0);
    words.push_back(std::move(*word));
  }
  return words;
}

struct Observed {
  std::string name;
  container::Container container;
  std::string reason;  // "liveness"
};

std::vector<Observed> ReadObserved() {
  std::vector<Observed> all;
  for (const auto& entry : std::filesystem::directory_iterator(kObserved)) {
    if (entry.path().extension() != ".json") continue;
    const auto truth = nlohmann::json::parse(std::ifstream(entry.path()))["truth"];
    Observed one{.name = entry.path().stem(), .container = {}, .reason = {}};
    const std::string pod = truth["pod"];
    one.container.id.value = truth["id"];
    one.container.name = truth["name"];
    one.container.pod = {.name = pod.substr(pod.find('/') + 1),
                         .ns = pod.substr(0, pod.find('/')),
                         .uid = truth["pod_uid"],
                         .sandbox = ""};
    one.reason = std::string(truth["cause"]).substr(std::string("kubernetes.").size());
    all.push_back(std::move(one));
  }
  EXPECT_EQ(all.size(), 10U);
  return all;
}

std::set<std::string> Reasons(const std::vector<TimedWord>& words) {
  std::set<std::string> reasons;
  for (const TimedWord& word : words) {
    if (word.said.reason != "killing" && word.said.reason != "probe") {
      reasons.insert(word.said.reason);
    }
  }
  return reasons;
}

TEST(KubeletWords, OfEachObservedEnd) {
  for (const Observed& one : ReadObserved()) {
    SCOPED_TRACE(one.name);
    const auto words = WordsAbout(ReadAll(kObserved / (one.name + ".log")), one.container, "x");
    EXPECT_EQ(Reasons(words), std::set<std::string>{one.reason});
  }
}

// A kubelet's whole run: others' words are not taken for one's own.
TEST(KubeletWords, AmongTheWordsAboutOthers) {
  const auto all = ReadAll(kObserved / "all.log");
  EXPECT_GT(all.size(), 20U);
  for (const Observed& one : ReadObserved()) {
    if (one.name == "eviction-memory") continue;  // another kubelet's
    SCOPED_TRACE(one.name);
    const auto words = WordsAbout(all, one.container, "x");
    // All that comes after its end left out: its pod was removed in the end.
    ASSERT_FALSE(words.empty());
    const auto first = std::ranges::find_if(words, [](const TimedWord& word) {
      return word.said.reason != "killing" && word.said.reason != "probe";
    });
    ASSERT_NE(first, words.end());
    EXPECT_EQ(first->said.reason, one.reason);
  }
}

const std::string kId = "4f1c0de2a9b8" + std::string(52, '0');

container::Container App() {
  container::Container app;
  app.id.value = kId;
  app.name = "app";
  app.pod = {.name = "web-0", .ns = "default", .uid = "2f1e7a52", .sandbox = ""};
  return app;
}

std::optional<KubeletWord> Read(const std::string& text, const std::string& file = "kubelet.go") {
  const auto record = ParseKlog("I0516 18:34:49.885621    4052 " + file + ":1] " + text);
  return record ? ReadWord(*record) : std::nullopt;
}

TEST(KubeletWords, OfNewerKubelets) {
  const struct {
    std::string line;
    std::string reason;
    bool after = false;
    std::string file = "kubelet.go";
  } cases[] = {
      {R"("Message for Container of pod" containerName="app" containerStatusID={Type:containerd ID:)" +
           kId +
           R"(} pod="default/web-0" containerMessage="Container app failed liveness probe, will be restarted")",
       "liveness"},
      {R"("Message for Container of pod" containerName="app" containerStatusID={"Type":"containerd","ID":")" +
           kId +
           R"("} pod="default/web-0" containerMessage="Container app failed startup probe, will be restarted")",
       "startup"},
      {R"("Killing container with a grace period" pod="default/web-0" podUID=2f1e7a52 containerName="app" containerID="containerd://)" +
           kId + R"(" gracePeriod=30)",
       "killing"},
      {R"("SyncLoop DELETE" source="api" pods=[default/other default/web-0])", "deletion"},
      {R"("SyncLoop DELETE" source="api" pods="[default/web-0 default/other]")", "deletion"},
      {R"("SyncLoop DELETE" source="api" pods=["default/web-0"])", "deletion"},
      {R"("SyncLoop DELETE" source="api" pods=[web-0_default(2f1e7a52)])", "deletion"},
      {R"("SyncLoop REMOVE" source="file" pods=["default/web-0"])", "deletion"},
      {R"("Evicting pod" pod="default/web-0" podUID="2f1e7a52" message="The node was low on resource: memory. ")",
       "eviction"},
      {R"("Eviction manager: pod is evicted successfully" pod="default/web-0")", "eviction", true},
      {R"("Preempting pod to free up resources" pod="default/web-0" podUID="2f1e7a52" insufficientResources="[(res: cpu, q: 1), ]" requestingPod="kube-system/x")",
       "preemption"},
      {R"("Pod evicted successfully" pod="default/web-0")", "preemption", true, "preemption.go"},
      {R"("Shutdown manager killing pod with gracePeriod" pod="default/web-0" gracePeriod=10)",
       "shutdown"},
      {R"("Probe failed" probeType="Liveness" pod="default/web-0" podUID="2f1e7a52" containerName="app" probeResult="failure" output="HTTP probe failed with statuscode: 500")",
       "probe"},
  };
  for (const auto& one : cases) {
    SCOPED_TRACE(one.line);
    const auto word = Read(one.line, one.file);
    ASSERT_TRUE(word.has_value());
    EXPECT_EQ(word->reason, one.reason);
    EXPECT_EQ(word->after, one.after);
    EXPECT_TRUE(IsAbout(*word, App()));
    // The same container's next life, and another pod of the same name.
    container::Container other = App();
    other.pod.name = "web-1";
    EXPECT_FALSE(IsAbout(*word, other));
    if (!word->container_id.empty()) {
      other = App();
      other.id.value[0] = '5';
      EXPECT_FALSE(IsAbout(*word, other));
    }
    if (!word->container_name.empty()) {
      other = App();
      other.name = "sidecar";
      EXPECT_FALSE(IsAbout(*word, other));
    }
    if (!word->pods.back().uid.empty()) {
      other = App();
      other.pod.uid = "00000000";
      EXPECT_FALSE(IsAbout(*word, other));
    }
  }
}

TEST(KubeletWords, WhatIsNoReason) {
  for (
      const char* line : {
          R"("SyncLoop ADD" source="api" pods=["default/web-0"])",
          R"("Message for Container of pod" containerName="app" pod="default/web-0" containerMessage="Container app definition changed, will be restarted")",
          R"("Pod evicted successfully" pod="default/web-0")",  // from another file
          R"(Killing container "x" with a 2 second grace period)",
          R"x(SyncLoop (ADD, "api"): "web-0_default(2f1e7a52)")x",
          R"(eviction manager: pod  is evicted successfully)",
          R"(preemption: attempting to evict pods [])",
          R"(Container "app" of pod web-0)",
      }) {
    EXPECT_FALSE(Read(line).has_value()) << line;
  }
}

// The kubelet kills at once whom it ranked first; the second in the ranking was killed
// by somebody else.
TEST(KubeletWords, RankedFirstAndKilled) {
  auto ranked =
      Read(R"("Eviction manager: pods ranked for eviction" pods=["default/web-0" "default/web-1"])",
           "eviction_manager.go");
  ASSERT_TRUE(ranked.has_value());
  ranked->unix_ns = 1000;
  KubeletWord killing{.unix_ns = 2000, .reason = "killing", .container_id = kId};
  EXPECT_EQ(Reasons(WordsAbout({*ranked, killing}, App(), "x")), std::set<std::string>{"eviction"});
  EXPECT_TRUE(WordsAbout({*ranked}, App(), "x").empty());
  killing.unix_ns = 2'000'000'000;
  EXPECT_TRUE(Reasons(WordsAbout({*ranked, killing}, App(), "x")).empty());
  container::Container second = App();
  second.pod.name = "web-1";
  EXPECT_FALSE(IsAbout(*ranked, second));
}

TEST(KubeletWords, AWordAboutNobodyFitsNobody) {
  EXPECT_FALSE(IsAbout({.reason = "deletion"}, App()));
  EXPECT_FALSE(IsAbout({.reason = "deletion"}, {}));
}

TEST(KubeletWords, PodNames) {
  const auto old = ParsePodName("web-0_default(2f1e)");
  ASSERT_TRUE(old.has_value());
  EXPECT_EQ(old->name, "web-0");
  EXPECT_EQ(old->ns, "default");
  EXPECT_EQ(old->uid, "2f1e");
  EXPECT_EQ(ParsePodName("default/web-0")->name, "web-0");
  for (const char* text : {"", "/", "web-0", "_(x)", "a/", "/b", "web(x)", "()", "("}) {
    EXPECT_FALSE(ParsePodName(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace podtap::testimony
