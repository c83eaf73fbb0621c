#include "attach/verifier_log.h"

#include <charconv>
#include <vector>

namespace podtap::attach {
namespace {

constexpr size_t kTailLines = 20;

// "12: (61) r0 = …": the number, or nothing.
std::optional<uint32_t> InsnOf(std::string_view line) {
  uint32_t number = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), number);
  if (error != std::errc() || end == line.data() + line.size() || *end != ':') return std::nullopt;
  return number;
}

// Lines that only count or comment.
bool IsNoise(std::string_view line) {
  for (std::string_view start : {"processed ", "verification time", "stack depth", "mark_precise",
                                 ";", "from ", "arg#", "max_states", "Func#"}) {
    if (line.starts_with(start)) return true;
  }
  return line.empty();
}

}  // namespace

VerifierComplaint ReadVerifierLog(std::string_view log) {
  log = log.substr(0, log.find('\0'));
  std::vector<std::string_view> lines;
  while (!log.empty()) {
    const size_t end = log.find('\n');
    lines.push_back(log.substr(0, end));
    log = end == std::string_view::npos ? std::string_view() : log.substr(end + 1);
  }
  VerifierComplaint complaint;
  for (std::string_view line : lines) {
    if (const auto insn = InsnOf(line)) {
      complaint.insn = insn;
    } else if (!IsNoise(line)) {
      complaint.reason = line;
    }
  }
  const size_t first = lines.size() > kTailLines ? lines.size() - kTailLines : 0;
  for (size_t i = first; i < lines.size(); i++) {
    complaint.tail += lines[i];
    complaint.tail += '\n';
  }
  return complaint;
}

}  // namespace podtap::attach
