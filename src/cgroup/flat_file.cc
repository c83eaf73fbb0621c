#include "cgroup/flat_file.h"

#include <algorithm>
#include <charconv>

namespace podtap::cgroup {

std::optional<uint64_t> FlatValue(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.starts_with(key) && line.substr(key.size()).starts_with(' ')) {
      return SingleValue(line.substr(key.size() + 1));
    }
  }
  return std::nullopt;
}

std::optional<uint64_t> SingleValue(std::string_view text) {
  while (text.ends_with('\n')) text.remove_suffix(1);
  if (text == "max") return kNoLimit;
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace podtap::cgroup
