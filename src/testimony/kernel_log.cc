#include "testimony/kernel_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>

namespace podtap::testimony {
namespace {

// A record is at most CONSOLE_EXT_LOG_MAX or PRINTKRB_RECORD_MAX bytes.
constexpr size_t kRecord = 8192;
// A ring of 2^25 bytes, the largest that can be configured, holds fewer.
constexpr size_t kMostRecords = 1'000'000;

constexpr std::array<std::string_view, 13> kOfInterest = {"oom-kill:constraint=",
                                                          ": Killed process ",
                                                          "Killed process ",
                                                          "memory: usage ",
                                                          "Task in ",
                                                          "Tasks in ",
                                                          "]: segfault at ",
                                                          "traps: ",
                                                          "general protection fault",
                                                          "type=1326",
                                                          "type=1701",
                                                          "Memory cgroup out of memory",
                                                          "MCE: Killing "};

template <typename T>
std::optional<T> TakeNumber(std::string_view& text, char after) {
  T number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end == text.data() + text.size() || *end != after) {
    return std::nullopt;
  }
  text.remove_prefix(static_cast<size_t>(end - text.data()) + 1);
  return number;
}

std::string Unescape(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); i++) {
    uint8_t byte = 0;
    if (text.substr(i).starts_with("\\x") && i + 4 <= text.size()) {
      const char* from = text.data() + i + 2;
      const auto [end, error] = std::from_chars(from, from + 2, byte, 16);
      if (error == std::errc() && end == from + 2) {
        out += static_cast<char>(byte);
        i += 3;
        continue;
      }
    }
    out += text[i];
  }
  return out;
}

}  // namespace

bool IsAboutAnEnd(std::string_view text) {
  return std::ranges::any_of(kOfInterest, [&](std::string_view word) {
    return text.find(word) != std::string_view::npos;
  });
}

std::optional<KernelLine> ParseKmsg(std::string_view record) {
  // The number is facility << 3 | level; a process' own lines have facility 1 and above.
  const auto priority = TakeNumber<uint32_t>(record, ',');
  if (!priority || *priority >= 8) return std::nullopt;
  const auto sequence = TakeNumber<uint64_t>(record, ',');
  const auto micro = sequence ? TakeNumber<int64_t>(record, ',') : std::nullopt;
  const size_t text = record.find(';');
  if (!micro || *micro < 0 || *micro > INT64_MAX / 1000 || text == std::string_view::npos) {
    return std::nullopt;
  }
  record.remove_prefix(text + 1);
  // Further lines are a dictionary.
  return KernelLine{.monotonic_ns = *micro * 1000,
                    .text = Unescape(record.substr(0, record.find('\n')))};
}

Result<KernelLog> ReadKernelLog(const HostRoot& root) {
  const auto fd = root.Open("/dev/kmsg", O_RDONLY | O_NONBLOCK, "read the kernel's log");
  if (!fd) return std::unexpected(fd.error());
  KernelLog log;
  std::array<char, kRecord> buffer;
  bool first = true;
  for (size_t i = 0; i < kMostRecords; i++) {
    const ssize_t n = ::read(fd->get(), buffer.data(), buffer.size());
    if (n < 0 && (errno == EINTR || errno == EPIPE)) continue;  // EPIPE: overwritten meanwhile
    if (n < 0 && errno == EAGAIN) return log;
    if (n < 0) {
      return std::unexpected(SystemError("read the kernel's log", root.Path("/dev/kmsg"), errno));
    }
    if (n == 0) return log;
    auto line = ParseKmsg({buffer.data(), static_cast<size_t>(n)});
    if (!line) continue;
    if (first) log.begins_monotonic_ns = line->monotonic_ns;
    first = false;
    if (IsAboutAnEnd(line->text)) log.lines.push_back(std::move(*line));
  }
  return log;
}

}  // namespace podtap::testimony
