#include "cli/log.h"

#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/escape.h"
#include "base/json_text.h"
#include "report/clock.h"

namespace podtap::cli {
namespace {

constexpr std::array<const char*, 3> kLevels = {"info", "warning", "error"};

}  // namespace

void Log::Write(Level level, std::string_view text) const {
  std::string line;
  if (json_) {
    nlohmann::ordered_json object;
    object["time"] = report::Rfc3339(ClockNs(CLOCK_REALTIME));
    object["level"] = kLevels.at(static_cast<size_t>(level));
    object["message"] = std::string(text);
    line = JsonText(object);
  } else {
    line = "podtap: " + Escape(std::string(text));
  }
  line += '\n';
  // One write a line: lines of several threads don't mix.
  std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace podtap::cli
