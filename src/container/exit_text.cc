#include "container/exit_text.h"

#include <algorithm>

#include "base/signal_name.h"

namespace podtap::container {
namespace {

struct Unit {
  int64_t seconds;
  char letter;
};
constexpr Unit kUnits[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}};

std::string Word(const Container& container, const RuntimeExit& exit) {
  if (exit.oom_killed) return "OOMKilled";
  if (container.state == State::kCreated) return "never started";
  // "Error" is what the CRI says of every code but 0.
  const bool telling = !exit.reason.empty() && exit.reason != "Error";
  if (telling) return exit.reason;
  const int32_t signal = SignalOfExitCode(exit.exit_code);
  return signal == 0 ? "" : SignalName(signal);
}

std::string Ago(int64_t then_unix_ns, int64_t now_unix_ns) {
  return then_unix_ns == 0 ? "" : ", " + DescribeAge(now_unix_ns - then_unix_ns) + " ago";
}

}  // namespace

int32_t SignalOfExitCode(int32_t code) { return code > 128 && code <= 192 ? code - 128 : 0; }

std::string DescribeAge(int64_t nanoseconds) {
  const int64_t seconds = std::max<int64_t>(0, nanoseconds / 1'000'000'000);
  for (const Unit& unit : kUnits) {
    if (seconds >= unit.seconds) return std::to_string(seconds / unit.seconds) + unit.letter;
  }
  return std::to_string(seconds) + "s";
}

std::string DescribeExit(const Container& container) {
  if (!container.last_exit) return "unknown";
  std::string text = std::to_string(container.last_exit->exit_code);
  if (const std::string word = Word(container, *container.last_exit); !word.empty()) {
    text += " " + word;
  }
  return text;
}

std::string DescribeLastExit(const Container& container, int64_t now_unix_ns) {
  if (!container.last_exit && container.last_end_unix_ns == 0) return "-";
  const int64_t then =
      container.last_exit ? container.last_exit->finished_unix_ns : container.last_end_unix_ns;
  return DescribeExit(container) + Ago(then, now_unix_ns);
}

}  // namespace podtap::container
