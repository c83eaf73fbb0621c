// A line of a kubelet's log → its parts.
//
// What enters: a line of klog, as text (klog 1 and 2, Kubernetes 1.6 to 1.36) or as JSON
// (--logging-format=json, Kubernetes 1.19). What leaves: the message and its keys. A line
// may hold what a container said (the output of its probe): it is hostile.
//
//   I1125 23:37:37.065910   17932 kuberuntime_manager.go:656] Container "app" (…) of pod …
//   I0516 18:34:49.885621    4052 kuberuntime_container.go:808] "Killing container with a
//       grace period" pod="default/web-0" containerName="app" gracePeriod=30
//   {"ts":1684262089885.621,"caller":"kuberuntime/…","msg":"Killing container …","v":2,
//       "pod":{"name":"web-0","namespace":"default"},"containerName":"app"}
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace podtap::testimony {

// The wall clock of whoever wrote it: no year, and a time zone that only it knows.
struct WallTime {
  uint32_t month = 1;  // 1 to 12
  uint32_t day = 1;    // 1 to 31
  int64_t of_day_ns = 0;
  friend bool operator==(const WallTime&, const WallTime&) = default;
};

struct KlogRecord {
  std::optional<WallTime> wall;    // of text
  std::optional<int64_t> unix_ns;  // of JSON
  int32_t pid = 0;                 // of text: who wrote it
  std::string file;                // "kuberuntime_manager.go"
  std::string message;             // without quotation marks
  // Structured: key and value, without quotation marks. An object of JSON with a name and
  // a namespace is "namespace/name", as the text has it.
  std::vector<std::pair<std::string, std::string>> fields;

  // "" where there is none of that name.
  std::string_view Field(std::string_view key) const;
  friend bool operator==(const KlogRecord&, const KlogRecord&) = default;
};

// nullopt: no line of klog. More than kMaxKlogLine bytes are cut off.
inline constexpr size_t kMaxKlogLine = 64 << 10;
std::optional<KlogRecord> ParseKlog(std::string_view line);

// The year is the one that makes it the latest moment before `now_unix_ns` and one day.
int64_t UnixNs(const WallTime& wall, int64_t now_unix_ns, int64_t utc_offset_s);

}  // namespace podtap::testimony
