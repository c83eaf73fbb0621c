#include "kernel/kernel_config.h"

#include <zlib.h>

#include <memory>

namespace podtap::kernel {
namespace {

// The files have about 300 kB.
constexpr size_t kMaxConfig = 8u << 20;

// gzread also passes on a file that isn't compressed.
std::string ReadPlainOrGzip(const std::string& path) {
  struct Close {
    void operator()(gzFile file) const { gzclose(file); }
  };
  const std::unique_ptr<gzFile_s, Close> file(gzopen(path.c_str(), "rbe"));
  std::string text;
  if (file == nullptr) return text;
  char buffer[1 << 14];
  int got = 0;
  while (text.size() < kMaxConfig && (got = gzread(file.get(), buffer, sizeof(buffer))) > 0)
    text.append(buffer, static_cast<size_t>(got));
  return text;
}

}  // namespace

std::map<std::string, std::string> ParseConfig(std::string_view text) {
  std::map<std::string, std::string> config;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    const size_t equals = line.find('=');
    if (!line.starts_with("CONFIG_") || equals == std::string_view::npos) continue;
    config.emplace(line.substr(0, equals), line.substr(equals + 1));
  }
  return config;
}

std::map<std::string, std::string> ReadConfig(const std::string& release) {
  for (const std::string& path : {std::string("/proc/config.gz"), "/boot/config-" + release})
    if (auto config = ParseConfig(ReadPlainOrGzip(path)); !config.empty()) return config;
  return {};
}

}  // namespace podtap::kernel
