#include "testimony/kubelet_words.h"

#include <algorithm>
#include <array>

#include "cgroup/path.h"

namespace podtap::testimony {
namespace {

constexpr size_t kMostPods = 512;
constexpr size_t kLongestMessage = 300;
constexpr size_t kIdLength = 64;
// The kubelet kills the first of its ranking at once.
constexpr int64_t kRankedAndKilledNs = 1'000'000'000;

constexpr std::string_view kKilling = "killing";
constexpr std::string_view kRanked = "ranked";

std::string Cut(std::string_view text) {
  if (text.size() <= kLongestMessage) return std::string(text);
  return std::string(text.substr(0, kLongestMessage)) + "…";
}

std::string_view Between(std::string_view text, std::string_view before, std::string_view after) {
  const size_t from = text.find(before);
  if (from == std::string_view::npos) return "";
  text.remove_prefix(from + before.size());
  const size_t to = text.find(after);
  return to == std::string_view::npos ? std::string_view() : text.substr(0, to);
}

bool Holds(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// The first container id in it: `containerd://4f…`, `({"containerd" "4f…"})`,
// `{Type:containerd ID:4f…}`.
std::string IdIn(std::string_view text) {
  const auto hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  for (size_t i = 0; i + kIdLength <= text.size();) {
    const std::string_view rest = text.substr(i);
    const size_t length = static_cast<size_t>(std::ranges::find_if_not(rest, hex) - rest.begin());
    if (length == kIdLength) return std::string(rest.substr(0, length));
    i += length + 1;
  }
  return "";
}

// Of a list however it is written: `["a/b" "c/d"]`, `[a/b c/d]`, `"a_b(uid), c_d(uid)"`.
std::vector<container::Pod> PodsIn(std::string_view list) {
  std::vector<container::Pod> pods;
  constexpr std::string_view kBetween = "[]\", ";
  while (pods.size() < kMostPods) {
    const size_t from = list.find_first_not_of(kBetween);
    if (from == std::string_view::npos) break;
    list.remove_prefix(from);
    const size_t to = std::min(list.find_first_of(kBetween), list.size());
    if (auto pod = ParsePodName(list.substr(0, to))) pods.push_back(std::move(*pod));
    list.remove_prefix(to);
  }
  return pods;
}

std::string ReasonOfProbe(std::string_view text) {
  if (Holds(text, "failed liveness probe")) return "liveness";
  if (Holds(text, "failed startup probe")) return "startup";
  return "";
}

// ---------------------------------------------------------------- structured

struct Structured {
  std::string_view message;
  std::string_view reason;
  bool after = false;
  std::string_view file;  // only from there; empty: from anywhere
  std::string_view text;  // the field that says it best; empty: the message
};
constexpr std::array kStructured = {
    Structured{.message = "Message for Container of pod", .reason = "", .text = "containerMessage"},
    Structured{.message = "Killing container with a grace period", .reason = kKilling},
    Structured{.message = "Killing container with a grace period override", .reason = kKilling},
    Structured{.message = "SyncLoop DELETE", .reason = "deletion"},
    // Its file was removed; or its object, without a deletion that took time.
    Structured{.message = "SyncLoop REMOVE", .reason = "deletion"},
    Structured{.message = "Pod is marked for graceful deletion, begin teardown",
               .reason = "deletion"},
    Structured{.message = "Evicting pod", .reason = "eviction", .text = "message"},
    Structured{.message = "Eviction manager: pods ranked for eviction", .reason = kRanked},
    Structured{.message = "Eviction manager: pod is evicted successfully",
               .reason = "eviction",
               .after = true},
    Structured{.message = "Preempting pod to free up resources", .reason = "preemption"},
    Structured{.message = "Pod evicted successfully",
               .reason = "preemption",
               .after = true,
               .file = "preemption.go"},
    Structured{.message = "Shutdown manager killing pod with gracePeriod", .reason = "shutdown"},
    Structured{.message = "Probe failed", .reason = "probe"},
};

std::optional<KubeletWord> ReadStructured(const KlogRecord& record) {
  const auto found = std::ranges::find(kStructured, record.message, &Structured::message);
  if (found == kStructured.end()) return std::nullopt;
  if (!found->file.empty() && record.file != found->file) return std::nullopt;
  KubeletWord word;
  word.reason = found->reason;
  word.after = found->after;
  const std::string_view text = record.Field(found->text);
  word.message = Cut(text.empty() ? std::string_view(record.message) : text);
  for (const char* key : {"pod", "pods"}) {
    for (container::Pod& pod : PodsIn(record.Field(key))) word.pods.push_back(std::move(pod));
  }
  const std::string_view uid = record.Field("podUID");
  if (word.pods.size() == 1 && word.pods.front().uid.empty()) word.pods.front().uid = uid;
  word.container_name = record.Field("containerName");
  for (const char* key : {"containerID", "containerStatusID"}) {
    if (word.container_id.empty()) word.container_id = IdIn(record.Field(key));
  }
  if (word.reason.empty()) word.reason = ReasonOfProbe(word.message);
  if (word.reason == kRanked && word.pods.size() > 1) word.pods.resize(1);
  if (word.reason == "deletion") {
    word.message += ", source " + Cut(record.Field("source"));
    if (record.Field("source").empty()) word.message = Cut(record.message);
  }
  if (word.reason == "probe") {
    word.message = Cut(std::string(record.Field("probeType")) +
                       " probe failed: " + std::string(record.Field("output")));
  }
  return word.reason.empty() ? std::nullopt : std::optional(word);
}

// --------------------------------------------------------- free text, to 1.20

using ReadText = std::optional<KubeletWord> (*)(std::string_view text);

std::optional<KubeletWord> About(std::string_view reason, std::string_view pods,
                                 std::string_view message, bool after = false) {
  KubeletWord word{.reason = std::string(reason), .after = after, .message = Cut(message)};
  word.pods = PodsIn(pods);
  if (word.pods.empty()) return std::nullopt;
  return word;
}

// Container "app" ({"containerd" "ID"}) of pod NAME_NS(UID): Container app failed liveness
// probe, will be restarted
std::optional<KubeletWord> ReadFailedProbe(std::string_view text) {
  const size_t of_pod = text.find(") of pod ");
  const size_t said = text.find("): ", of_pod);
  if (of_pod == std::string_view::npos || said == std::string_view::npos) return std::nullopt;
  const size_t pod_from = of_pod + std::string_view(") of pod ").size();
  auto word = About(ReasonOfProbe(text.substr(said)), text.substr(pod_from, said + 1 - pod_from),
                    text.substr(said + 3));
  if (!word || word->reason.empty()) return std::nullopt;
  word->container_name = Between(text, "Container \"", "\"");
  word->container_id = IdIn(text.substr(0, of_pod));
  return word;
}

// Killing container "containerd://ID" with a 30 second grace period
std::optional<KubeletWord> ReadKilling(std::string_view text) {
  KubeletWord word{.reason = std::string(kKilling), .message = Cut(text)};
  word.container_id = IdIn(text);
  if (word.container_id.empty() || !Holds(text, "grace period")) return std::nullopt;
  return word;
}

// SyncLoop (DELETE, "api"): "NAME_NS(UID), …"; (REMOVE, "file")
std::optional<KubeletWord> ReadSyncLoop(std::string_view text) {
  const std::string_view what = Between(text, "SyncLoop (", ")");
  if (!what.starts_with("DELETE, ") && !what.starts_with("REMOVE, ")) return std::nullopt;
  const size_t list = text.find("): ");
  if (list == std::string_view::npos) return std::nullopt;
  return About("deletion", text.substr(list + 3),
               "SyncLoop " + std::string(what.substr(0, 6)) + ", source " +
                   std::string(Between(what, "\"", "\"")));
}

// eviction manager: pod NAME_NS(UID) is evicted successfully
// eviction manager: pods ranked for eviction: NAME_NS(UID), …
std::optional<KubeletWord> ReadEviction(std::string_view text) {
  constexpr std::string_view kRanking = "eviction manager: pods ranked for eviction: ";
  if (text.starts_with(kRanking)) {
    auto word = About(kRanked, text.substr(kRanking.size()), text);
    if (word) word->pods.resize(1);
    return word;
  }
  return About("eviction", Between(text, "manager: pod ", " is evicted successfully"), text, true);
}

// preemption: pod NAME_NS(UID) evicted successfully
// preemption: attempting to evict pods [&Pod{ObjectMeta:{NAME GENERATE-NAME NS SELF UID …
std::optional<KubeletWord> ReadPreemption(std::string_view text) {
  const std::string_view done = Between(text, "preemption: pod ", " evicted successfully");
  if (!done.empty()) return About("preemption", done, text, true);
  constexpr std::string_view kAttempt = "preemption: attempting to evict pods ";
  constexpr std::string_view kObject = "&Pod{ObjectMeta:{";
  if (!text.starts_with(kAttempt)) return std::nullopt;
  KubeletWord word{.reason = "preemption", .message = "preemption: attempting to evict pods"};
  for (size_t at = text.find(kObject); at != std::string_view::npos && word.pods.size() < kMostPods;
       at = text.find(kObject, at + 1)) {
    std::string_view rest = text.substr(at + kObject.size());
    std::array<std::string_view, 5> parts;
    for (std::string_view& part : parts) {
      part = rest.substr(0, rest.find(' '));
      rest.remove_prefix(std::min(part.size() + 1, rest.size()));
    }
    word.pods.push_back(
        {.name = std::string(parts[0]), .ns = std::string(parts[2]), .uid = std::string(parts[4])});
  }
  return word.pods.empty() ? std::nullopt : std::optional(word);
}

// Shutdown manager killing pod "NAME_NS(UID)" with gracePeriod: 2 seconds
std::optional<KubeletWord> ReadShutdown(std::string_view text) {
  return About("shutdown", Between(text, "killing pod \"", "\""), text);
}

// Liveness probe for "NAME_NS(UID):app" failed (failure): OUTPUT
std::optional<KubeletWord> ReadProbe(std::string_view text) {
  const std::string_view whom = Between(text, " probe for \"", "\"");
  const size_t colon = whom.rfind("):");
  const size_t said = text.find(" failed (failure): ");
  if (colon == std::string_view::npos || said == std::string_view::npos) return std::nullopt;
  auto word = About("probe", whom.substr(0, colon + 1),
                    std::string(text.substr(0, text.find(' '))) +
                        " probe failed: " + std::string(text.substr(said + 19)));
  if (word) word->container_name = whom.substr(colon + 2);
  return word;
}

struct FreeText {
  std::string_view begin;
  ReadText read;
};
constexpr std::array kFreeText = {
    FreeText{"Container \"", ReadFailedProbe},
    FreeText{"Killing container \"", ReadKilling},
    FreeText{"SyncLoop (", ReadSyncLoop},
    FreeText{"eviction manager: pod", ReadEviction},
    FreeText{"preemption: ", ReadPreemption},
    FreeText{"Shutdown manager killing pod ", ReadShutdown},
    FreeText{"Liveness probe for ", ReadProbe},
    FreeText{"Startup probe for ", ReadProbe},
};

}  // namespace

std::optional<container::Pod> ParsePodName(std::string_view text) {
  container::Pod pod;
  const size_t open = text.find('(');
  if (open != std::string_view::npos && text.ends_with(')')) {
    pod.uid = text.substr(open + 1, text.size() - open - 2);
    text = text.substr(0, open);
    // Neither of the two names can hold a "_" (RFC 1123).
    const size_t line = text.find('_');
    if (line == std::string_view::npos) return std::nullopt;
    pod.name = text.substr(0, line);
    pod.ns = text.substr(line + 1);
  } else {
    const size_t slash = text.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    pod.ns = text.substr(0, slash);
    pod.name = text.substr(slash + 1);
  }
  if (pod.name.empty() || pod.ns.empty()) return std::nullopt;
  return pod;
}

std::optional<KubeletWord> ReadWord(const KlogRecord& record) {
  if (auto word = ReadStructured(record)) return word;
  if (!record.fields.empty()) return std::nullopt;
  for (const FreeText& row : kFreeText) {
    if (record.message.starts_with(row.begin)) return row.read(record.message);
  }
  return std::nullopt;
}

bool IsAbout(const KubeletWord& word, const container::Container& container) {
  if (word.pods.empty() && word.container_id.empty()) return false;
  if (!word.container_id.empty() && word.container_id != container.id.value) return false;
  if (!word.container_name.empty() && word.container_name != container.name) return false;
  if (word.pods.empty()) return true;
  return std::ranges::any_of(word.pods, [&](const container::Pod& pod) {
    const bool uids = !pod.uid.empty() && !container.pod.uid.empty();
    return pod.name == container.pod.name && pod.ns == container.pod.ns &&
           (!uids || pod.uid == container.pod.uid);
  });
}

std::vector<TimedWord> WordsAbout(const std::vector<KubeletWord>& words,
                                  const container::Container& container,
                                  const std::string& source) {
  std::vector<const KubeletWord*> about;
  for (const KubeletWord& word : words) {
    if (IsAbout(word, container)) about.push_back(&word);
  }
  std::ranges::stable_sort(about, {}, &KubeletWord::unix_ns);
  std::vector<TimedWord> timed;
  for (size_t i = 0; i < about.size(); i++) {
    const KubeletWord& word = *about[i];
    std::string reason = word.reason;
    if (reason == kRanked) {
      const bool killed = std::ranges::any_of(
          about.begin() + static_cast<ptrdiff_t>(i), about.end(), [&](const KubeletWord* next) {
            return next->reason == kKilling && next->unix_ns - word.unix_ns <= kRankedAndKilledNs;
          });
      if (!killed) continue;
      reason = "eviction";
    }
    timed.push_back({word.unix_ns,
                     {.reason = std::move(reason),
                      .message = word.message,
                      .source = source,
                      .after = word.after}});
  }
  return timed;
}

}  // namespace podtap::testimony
