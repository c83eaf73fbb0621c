#include "cgroup/memory.h"

#include <cerrno>

namespace podtap::cgroup {
namespace {

// Version 1 says "no limit" as the largest number of whole pages.
constexpr uint64_t kV1NoLimit = 0x7fff'ffff'ffff'0000;

struct Reader {
  const Tree& tree;
  const std::string& path;

  std::optional<std::string> Text(const char* file) const {
    auto text = tree.Read(Hierarchy::kMemory, path, file);
    return text ? std::optional(std::move(*text)) : std::nullopt;
  }
  std::optional<uint64_t> Value(const char* file) const {
    const auto text = Text(file);
    return text ? SingleValue(*text) : std::nullopt;
  }
};

std::optional<bool> AsBool(std::optional<uint64_t> value) {
  return value ? std::optional(*value != 0) : std::nullopt;
}

MemoryEvents ParseEvents(const std::optional<std::string>& text) {
  MemoryEvents events;
  if (!text) return events;
  events.low = FlatValue(*text, "low");
  events.high = FlatValue(*text, "high");
  events.max = FlatValue(*text, "max");
  events.oom = FlatValue(*text, "oom");
  events.oom_kill = FlatValue(*text, "oom_kill");
  events.oom_group_kill = FlatValue(*text, "oom_group_kill");
  return events;
}

Memory ReadV2(const Reader& reader) {
  Memory memory;
  memory.limit = reader.Value("memory.max");
  memory.usage = reader.Value("memory.current");
  memory.peak = reader.Value("memory.peak");
  memory.oom_group = AsBool(reader.Value("memory.oom.group"));
  memory.events = ParseEvents(reader.Text("memory.events"));
  memory.local = ParseEvents(reader.Text("memory.events.local"));
  return memory;
}

Memory ReadV1(const Reader& reader) {
  Memory memory;
  memory.limit = reader.Value("memory.limit_in_bytes");
  if (memory.limit && *memory.limit >= kV1NoLimit) memory.limit = kNoLimit;
  memory.usage = reader.Value("memory.usage_in_bytes");
  memory.peak = reader.Value("memory.max_usage_in_bytes");
  memory.failcnt = reader.Value("memory.failcnt");
  if (const auto control = reader.Text("memory.oom_control")) {
    memory.local.oom_kill = FlatValue(*control, "oom_kill");
    memory.oom_kill_disable = AsBool(FlatValue(*control, "oom_kill_disable"));
    memory.under_oom = AsBool(FlatValue(*control, "under_oom"));
  }
  return memory;
}

}  // namespace

Result<Memory> ReadMemory(const Tree& tree, const std::string& path) {
  const auto& mount = tree.hierarchies().memory;
  if (!mount) {
    return std::unexpected(Error{.kind = ErrorKind::kUnsupported,
                                 .tried = "read the memory of cgroup",
                                 .on = path,
                                 .reason = "this node has no memory controller"});
  }
  // Asks for the directory first: files that are missing in one that is there mean a kernel
  // without them, or the root cgroup.
  if (const auto there = tree.Children(Hierarchy::kMemory, path); !there) {
    return std::unexpected(there.error());
  }
  const Reader reader{tree, path};
  return mount->v2 ? ReadV2(reader) : ReadV1(reader);
}

Result<std::vector<MemoryLevel>> ReadMemoryLevels(const Tree& tree, const std::string& path) {
  std::vector<MemoryLevel> levels;
  std::string at = path;
  while (true) {
    auto memory = ReadMemory(tree, at);
    if (memory) {
      levels.push_back({at, *memory});
    } else if (levels.empty()) {
      return std::unexpected(std::move(memory.error()));
    }
    if (at.size() <= 1) return levels;
    const size_t slash = at.rfind('/');
    at = slash == 0 || slash == std::string::npos ? "/" : at.substr(0, slash);
  }
}

}  // namespace podtap::cgroup
