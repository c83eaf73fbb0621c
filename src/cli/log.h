// A daemon's log: a line a happening on standard error, as text or as JSON.
#pragma once

#include <string>
#include <string_view>

namespace podtap::cli {

class Log {
 public:
  enum class Level : uint8_t { kInfo, kWarning, kError };

  explicit Log(bool json) : json_(json) {}
  // Any thread. Control characters are shown, not sent.
  void Write(Level level, std::string_view text) const;
  void Info(std::string_view text) const { Write(Level::kInfo, text); }
  void Warning(std::string_view text) const { Write(Level::kWarning, text); }

 private:
  bool json_;
};

}  // namespace podtap::cli
