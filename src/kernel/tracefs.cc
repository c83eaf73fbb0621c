#include "kernel/tracefs.h"

#include <unistd.h>

#include <algorithm>
#include <tuple>
#include <unordered_set>

namespace podtap::kernel {
namespace {

constexpr std::string_view kTypedefPrefix = "btf_trace_";

}  // namespace

std::optional<std::string> FindTracefs() {
  for (const char* place : {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"})
    if (::access((std::string(place) + "/events").c_str(), X_OK) == 0) return place;
  return std::nullopt;
}

std::vector<Tracepoint> ParseAvailableEvents(std::string_view text) {
  std::vector<Tracepoint> events;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0 || colon + 1 == line.size()) continue;
    events.push_back({std::string(line.substr(0, colon)), std::string(line.substr(colon + 1))});
  }
  return events;
}

std::vector<Tracepoint> MergeBtfTracepoints(std::vector<Tracepoint> events, const Btf& btf) {
  std::unordered_set<std::string_view> known;
  std::vector<Tracepoint> bare;
  for (const Tracepoint& event : events) known.insert(event.name);
  btf.ForEach(BtfKind::kTypedef, kTypedefPrefix, [&](TypeId, std::string_view name) {
    name.remove_prefix(kTypedefPrefix.size());
    if (!name.empty() && known.insert(name).second) bare.push_back({"", std::string(name)});
  });
  events.insert(events.end(), std::make_move_iterator(bare.begin()),
                std::make_move_iterator(bare.end()));
  std::ranges::sort(events, [](const Tracepoint& a, const Tracepoint& b) {
    return std::tie(a.subsystem, a.name) < std::tie(b.subsystem, b.name);
  });
  return events;
}

}  // namespace podtap::kernel
