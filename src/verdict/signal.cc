#include "verdict/signal.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "verdict/verdict.h"

namespace podtap::verdict {
namespace {

struct SignalRow {
  std::string_view name;  // without "SIG"
  bool ends = true;
};

// By number, from 1 (signal(7), x86-64).
constexpr std::array<SignalRow, 31> kSignals = {{
    {"HUP"},         {"INT"},         {"QUIT"},         {"ILL"},         {"TRAP"},
    {"ABRT"},        {"BUS"},         {"FPE"},          {"KILL"},        {"USR1"},
    {"SEGV"},        {"USR2"},        {"PIPE"},         {"ALRM"},        {"TERM"},
    {"STKFLT"},      {"CHLD", false}, {"CONT", false},  {"STOP", false}, {"TSTP", false},
    {"TTIN", false}, {"TTOU", false}, {"URG", false},   {"XCPU"},        {"XFSZ"},
    {"VTALRM"},      {"PROF"},        {"WINCH", false}, {"IO"},          {"PWR"},
    {"SYS"},
}};
constexpr int32_t kNamed = kSignals.size();
constexpr int32_t kRtMin = 34;  // glibc keeps 32 and 33 for itself

std::optional<int32_t> Number(std::string_view digits) {
  int32_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return number;
}

std::optional<int32_t> InRange(std::optional<int32_t> number) {
  if (!number || *number < 1 || *number > kLastSignal) return std::nullopt;
  return number;
}

// "RTMIN", "RTMIN+3", "RTMAX-1".
std::optional<int32_t> RealTime(std::string_view name) {
  const bool from_max = name.starts_with("RTMAX");
  if (!from_max && !name.starts_with("RTMIN")) return std::nullopt;
  const int32_t base = from_max ? kLastSignal : kRtMin;
  name.remove_prefix(5);
  if (name.empty()) return base;
  if (name[0] != (from_max ? '-' : '+')) return std::nullopt;
  const std::optional<int32_t> offset = Number(name.substr(1));
  if (!offset || *offset < 0 || *offset > kLastSignal - kRtMin) return std::nullopt;
  return from_max ? base - *offset : base + *offset;
}

}  // namespace

std::string SignalName(int32_t signal) {
  if (signal >= 1 && signal <= kNamed) {
    return "SIG" + std::string(kSignals.at(static_cast<size_t>(signal - 1)).name);
  }
  return "signal " + std::to_string(signal);
}

bool EndsByDefault(int32_t signal) {
  if (signal < 1 || signal > kLastSignal) return false;
  return signal > kNamed || kSignals.at(static_cast<size_t>(signal - 1)).ends;
}

std::optional<int32_t> SignalNumber(std::string_view written) {
  std::string name(written);
  std::ranges::transform(name, name.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  std::string_view rest = name;
  if (const auto number = Number(rest)) return InRange(number);
  if (rest.starts_with("SIG")) rest.remove_prefix(3);
  for (int32_t i = 0; i < kNamed; i++) {
    if (kSignals.at(static_cast<size_t>(i)).name == rest) return i + 1;
  }
  if (rest == "IOT") return kSigAbrt;
  if (rest == "POLL") return 29;
  return InRange(RealTime(rest));
}

bool IsStopSignal(const container::Container& container, int32_t signal) {
  if (signal == kSigKill) return false;
  if (const auto stop = SignalNumber(container.stop_signal)) return signal == *stop;
  using container::RuntimeKind;
  const bool by_cri = container.runtime == RuntimeKind::kContainerd ||
                      container.runtime == RuntimeKind::kCrio || !container.pod.uid.empty();
  return by_cri || signal == kSigTerm;
}

}  // namespace podtap::verdict
