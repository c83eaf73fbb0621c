#include "base/signal_name.h"

#include <strings.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstring>

namespace podtap {
namespace {

constexpr int32_t kFirstRealTime = 34;
constexpr int32_t kLast = 64;

struct Alias {
  std::string_view name;
  int32_t signal;
};
constexpr Alias kAliases[] = {{"SIGIOT", SIGABRT}, {"SIGPOLL", SIGIO}, {"SIGRTMAX", kLast}};

// "5" of "SIGRTMAX-5".
int32_t BelowMax(std::string_view name) {
  constexpr std::string_view kHead = "SIGRTMAX-";
  if (!name.starts_with(kHead)) return 0;
  name.remove_prefix(kHead.size());
  int32_t below = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), below);
  const bool whole = error == std::errc() && end == name.data() + name.size();
  return whole && below > 0 && below <= kLast - kFirstRealTime ? kLast - below : 0;
}

}  // namespace

std::string SignalName(int32_t signal) {
  if (const char* name = sigabbrev_np(signal)) return std::string("SIG") + name;
  if (signal == kFirstRealTime) return "SIGRTMIN";
  if (signal > kFirstRealTime && signal <= kLast) {
    return "SIGRTMIN+" + std::to_string(signal - kFirstRealTime);
  }
  return "signal " + std::to_string(signal);
}

int32_t SignalNumber(std::string_view text) {
  int32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size()) {
    return number >= 1 && number <= kLast ? number : 0;
  }
  std::string name(text);
  std::ranges::transform(name, name.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  });
  if (!name.starts_with("SIG")) name = "SIG" + name;
  for (int32_t signal = 1; signal <= kLast; ++signal) {
    if (name == SignalName(signal)) return signal;
  }
  for (const Alias& alias : kAliases) {
    if (alias.name == name) return alias.signal;
  }
  return BelowMax(name);
}

}  // namespace podtap
