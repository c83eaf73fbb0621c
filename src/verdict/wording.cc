#include "verdict/wording.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "container/target.h"
#include "verdict/windows.h"

namespace podtap::verdict {
namespace {

struct Unit {
  int64_t seconds;
  std::string_view name;
};
constexpr std::array<Unit, 4> kUnits = {{{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}}};

constexpr std::array<std::string_view, 5> kSizes = {"B", "KiB", "MiB", "GiB", "TiB"};

constexpr std::array<std::string_view, 5> kRuntimeLabels = {"the container runtime", "Docker",
                                                            "Podman", "containerd", "CRI-O"};

bool IsPlain(char c) {
  constexpr std::string_view kMarks = "_./:@%+=,-";
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         kMarks.find(c) != std::string_view::npos;
}

}  // namespace

std::string Duration(int64_t ns) {
  ns = std::max<int64_t>(ns, 0);
  if (ns < 100 * kMillisecond) return fmt::format("{} ms", ns / kMillisecond);
  if (ns < 60 * kSecond) {
    return fmt::format("{:.1f} s", static_cast<double>(ns) / static_cast<double>(kSecond));
  }
  const int64_t seconds = ns / kSecond;
  for (size_t i = 0; i + 1 < kUnits.size(); i++) {
    const Unit& unit = kUnits.at(i);
    if (seconds < unit.seconds) continue;
    const Unit& next = kUnits.at(i + 1);
    const int64_t rest = seconds % unit.seconds / next.seconds;
    std::string text = fmt::format("{} {}", seconds / unit.seconds, unit.name);
    if (rest != 0) text += fmt::format(" {} {}", rest, next.name);
    return text;
  }
  return fmt::format("{} s", seconds);
}

std::string Bytes(uint64_t bytes) {
  auto value = static_cast<double>(bytes);
  size_t size = 0;
  while (value >= 1024 && size + 1 < kSizes.size()) {
    value /= 1024;
    size++;
  }
  const bool whole = value == static_cast<double>(static_cast<uint64_t>(value));
  return fmt::format("{:.{}f} {}", value, whole ? 0 : 1, kSizes.at(size));
}

std::string Hex(uint64_t value) { return fmt::format("0x{:x}", value); }

std::string Utc(int64_t unix_ns) {
  using namespace std::chrono;
  const sys_time<nanoseconds> time{nanoseconds(std::max<int64_t>(unix_ns, 0))};
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(floor<seconds>(time - day));
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02} UTC", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

std::string Joined(const std::vector<std::string>& words) {
  std::string text;
  for (size_t i = 0; i < words.size(); i++) {
    if (i > 0) text += i + 1 == words.size() ? " and " : ", ";
    text += words[i];
  }
  return text;
}

std::string ShellWord(std::string_view word) {
  if (!word.empty() && std::ranges::all_of(word, IsPlain)) {
    return std::string(word);
  }
  std::string quoted = "'";
  for (const char c : word) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

std::string ContainerName(const container::Container& container) {
  std::string name = container.name;
  if (container.id.value.empty() && container.pod.name.empty()) {
    if (name.starts_with("pid:")) return "process " + name.substr(4);
    return name.empty() ? "the container" : name;
  }
  if (name.empty()) name = container.id.value.substr(0, 12);
  std::string text = "container " + name;
  if (!container.pod.name.empty()) {
    text +=
        " of pod " + (container.pod.ns.empty() ? "" : container.pod.ns + "/") + container.pod.name;
  }
  return text;
}

std::string CatchStep(const container::Container& container) {
  return "catch it the next time: podtap watch " + ShellWord(container::TargetOf(container));
}

std::string RuntimeLabel(container::RuntimeKind kind) {
  return std::string(kRuntimeLabels.at(static_cast<size_t>(kind)));
}

std::string UserName(const store::Process& process) {
  std::string text = process.user;
  if (text.empty()) {
    if (process.uid == store::kNoUid) return "";
    text = process.uid == 0 ? "root" : "uid " + std::to_string(process.uid);
  }
  std::string login = process.login_user;
  if (login.empty() && process.login_uid != store::kNoUid) {
    login = "uid " + std::to_string(process.login_uid);
  }
  std::string how;
  if (!login.empty() && login != text) how = "logged in as " + login;
  if (!process.ssh_from.empty()) {
    how += (how.empty() ? "logged in from " : " from ") + process.ssh_from;
  }
  return how.empty() ? text : text + " (" + how + ")";
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return lower;
}

std::string_view BaseName(std::string_view path) { return path.substr(path.rfind('/') + 1); }

int64_t UnixNs(const View& view, store::BootNs at) {
  const int64_t offset = view.death().real_minus_boot_ns;
  return offset == 0 ? 0 : Plus(at, offset).value;
}

}  // namespace podtap::verdict
