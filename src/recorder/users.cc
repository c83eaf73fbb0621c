#include "recorder/users.h"

#include <sys/stat.h>

#include <charconv>
#include <fstream>
#include <sstream>

namespace podtap::recorder {

std::map<uint32_t, std::string> ParsePasswd(std::string_view text) {
  std::map<uint32_t, std::string> names;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const size_t name_end = line.find(':');
    const size_t password_end = line.find(':', name_end + 1);
    if (name_end == 0 || name_end == std::string_view::npos ||
        password_end == std::string_view::npos) {
      continue;
    }
    uint32_t uid = 0;
    const char* const from = line.data() + password_end + 1;
    const auto [end, error] = std::from_chars(from, line.data() + line.size(), uid);
    const bool ends = end != line.data() + line.size() && *end == ':';
    if (error == std::errc() && ends) names.try_emplace(uid, line.substr(0, name_end));
  }
  return names;
}

std::string Users::Name(uint32_t uid) {
  struct stat status {};
  if (::stat(path_.c_str(), &status) != 0) return "";
  const int64_t modified = int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec;
  if (modified != read_at_ns_) {
    std::ostringstream text;
    text << std::ifstream(path_).rdbuf();
    names_ = ParsePasswd(text.str());
    read_at_ns_ = modified;
  }
  const auto found = names_.find(uid);
  return found == names_.end() ? "" : found->second;
}

}  // namespace podtap::recorder
