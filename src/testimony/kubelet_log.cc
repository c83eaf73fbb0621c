#include "testimony/kubelet_log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <map>

namespace podtap::testimony {
namespace {

constexpr int64_t kSecond = 1'000'000'000;
constexpr size_t kFirstRead = 256 << 10;
constexpr size_t kMostRead = 32 << 20;
constexpr size_t kLongestPrefix = 200;

constexpr std::array<std::string_view, 11> kUnits = {"kubelet.service",
                                                     "k3s.service",
                                                     "k3s-agent.service",
                                                     "rke2-server.service",
                                                     "rke2-agent.service",
                                                     "k0scontroller.service",
                                                     "k0sworker.service",
                                                     "snap.microk8s.daemon-kubelite.service",
                                                     "snap.microk8s.daemon-kubelet.service",
                                                     "snap.k8s.kubelet.service",
                                                     "origin-node.service"};
constexpr std::array<const char*, 4> kFiles = {"/var/log/kubelet.log", "/var/log/k3s.log",
                                               "/var/log/k3s-agent.log",
                                               "/var/lib/rancher/rke2/agent/logs/kubelet.log"};

// The record in a line of a file, without what syslog or journalctl put before it.
std::optional<KlogRecord> RecordIn(std::string_view line) {
  if (auto record = ParseKlog(line)) return record;
  if (line.empty() || line.front() == ' ' || line.front() == '\t') return std::nullopt;
  const size_t end = line.substr(0, kLongestPrefix).find("]: ");
  return end == std::string_view::npos ? std::nullopt : ParseKlog(line.substr(end + 3));
}

struct Timed {
  int64_t unix_ns = 0;
  KlogRecord record;
};

// Those of the process that wrote most of them; JSON has no number.
KubeletLog WordsOf(const std::vector<Timed>& records, std::optional<int32_t> pid) {
  if (!pid) {
    std::map<int32_t, size_t> count;
    for (const Timed& one : records) ++count[one.record.pid];
    size_t most = 0;
    for (const auto& [writer, lines] : count) {
      if (lines > most) pid = writer;
      most = std::max(most, lines);
    }
  }
  KubeletLog log;
  for (const Timed& one : records) {
    if (one.record.pid != 0 && one.record.pid != *pid) continue;
    if (log.records++ == 0 || one.unix_ns < log.begins_unix_ns) log.begins_unix_ns = one.unix_ns;
    auto word = ReadWord(one.record);
    if (!word) continue;
    word->unix_ns = one.unix_ns;
    log.words.push_back(std::move(*word));
  }
  std::ranges::stable_sort(log.words, {}, &KubeletWord::unix_ns);
  return log;
}

template <typename Visit>
void ForLines(std::string_view text, Visit visit) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    visit(line);
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
}

int64_t LocalOffset(int64_t unix_ns) {
  const time_t seconds = unix_ns / kSecond;
  tm parts{};
  return ::localtime_r(&seconds, &parts) == nullptr ? 0 : parts.tm_gmtoff;
}

std::optional<WallTime> LastTime(std::string_view text) {
  std::optional<WallTime> last;
  ForLines(text, [&](std::string_view line) {
    if (const auto record = RecordIn(line)) last = record->wall ? record->wall : last;
  });
  return last;
}

Result<std::string> ReadTail(int fd, const std::string& path, size_t size, size_t most) {
  std::string text(std::min(size, most), '\0');
  const auto offset = static_cast<off_t>(size - text.size());
  size_t got = 0;
  while (got < text.size()) {
    const ssize_t n =
        ::pread(fd, text.data() + got, text.size() - got, offset + static_cast<off_t>(got));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return std::unexpected(SystemError("read the kubelet's log", path, errno));
    if (n == 0) break;
    got += static_cast<size_t>(n);
  }
  text.resize(got);
  // The first line may be half a line.
  if (offset > 0) text.erase(0, std::min(text.find('\n'), text.size() - 1) + 1);
  return text;
}

}  // namespace

std::span<const std::string_view> KubeletUnits() { return kUnits; }

bool IsKubeletUnit(std::string_view unit) {
  return std::ranges::find(kUnits, unit) != kUnits.end();
}

std::optional<std::string> FindKubeletFile(const HostRoot& root) {
  for (const char* path : kFiles) {
    if (root.Open(path, O_PATH, "find")) return path;
  }
  return std::nullopt;
}

std::optional<int64_t> UtcOffset(const WallTime& last, int64_t modified_unix_ns) {
  constexpr int64_t kQuarter = 900;
  constexpr int64_t kFarthest = 14L * 3600;
  constexpr int64_t kNear = 120;  // a log that nobody writes any more: how late its last line was
  // Read as UTC its time is off by the zone's offset.
  const int64_t apart = (UnixNs(last, modified_unix_ns, 0) - modified_unix_ns) / kSecond;
  const int64_t rounded = (apart + (apart >= 0 ? kQuarter / 2 : -kQuarter / 2)) / kQuarter;
  const int64_t offset = rounded * kQuarter;
  if (std::abs(offset) > kFarthest || std::abs(apart - offset) > kNear) return std::nullopt;
  return offset;
}

KubeletLog ReadKubeletLines(std::string_view text, int64_t now_unix_ns, int64_t utc_offset_s) {
  std::vector<Timed> records;
  ForLines(text, [&](std::string_view line) {
    auto record = RecordIn(line);
    if (!record) return;
    const int64_t at =
        record->unix_ns ? *record->unix_ns : UnixNs(*record->wall, now_unix_ns, utc_offset_s);
    records.push_back({at, std::move(*record)});
  });
  return WordsOf(records, std::nullopt);
}

Result<KubeletLog> ReadKubeletFile(const HostRoot& root, const std::string& path,
                                   int64_t from_unix_ns, int64_t now_unix_ns) {
  const auto fd = root.Open(path, O_RDONLY | O_NONBLOCK, "read the kubelet's log");
  if (!fd) return std::unexpected(fd.error());
  struct stat status {};
  if (::fstat(fd->get(), &status) != 0) {
    return std::unexpected(SystemError("read the kubelet's log", path, errno));
  }
  if (!S_ISREG(status.st_mode)) {
    return std::unexpected(Error{.kind = ErrorKind::kInput,
                                 .tried = "read the kubelet's log",
                                 .on = path,
                                 .reason = "it is no file"});
  }
  const auto size = static_cast<size_t>(status.st_size);
  const int64_t modified = status.st_mtim.tv_sec * kSecond + status.st_mtim.tv_nsec;
  std::optional<int64_t> offset;
  for (size_t most = kFirstRead;; most *= 8) {
    const auto text = ReadTail(fd->get(), path, size, most);
    if (!text) return std::unexpected(text.error());
    if (!offset) {
      const auto last = LastTime(*text);
      if (last) offset = UtcOffset(*last, modified);
    }
    KubeletLog log =
        ReadKubeletLines(*text, now_unix_ns, offset.value_or(LocalOffset(from_unix_ns)));
    const bool reached = log.records > 0 && log.begins_unix_ns <= from_unix_ns;
    if (reached || most >= size || most >= kMostRead) return log;
  }
}

KubeletLog ReadKubeletEntries(const std::vector<JournalEntry>& entries) {
  std::vector<Timed> records;
  std::optional<int32_t> pid;
  for (const JournalEntry& entry : entries) {
    if (!IsKubeletUnit(entry.unit)) continue;
    auto record = ParseKlog(entry.message);
    if (!record) continue;
    // The journal knows who wrote. Where that is a wrapper, the most frequent number must do.
    if (record->pid == entry.pid && record->pid != 0) pid = entry.pid;
    int64_t at = entry.unix_ns;
    if (record->unix_ns) at = *record->unix_ns;
    if (record->wall) {
      // To the microsecond, and before the journal had it; its zone is the journal's clock's.
      const auto offset = UtcOffset(*record->wall, entry.unix_ns);
      if (offset) at = UnixNs(*record->wall, entry.unix_ns, *offset);
    }
    records.push_back({at, std::move(*record)});
  }
  return WordsOf(records, pid);
}

}  // namespace podtap::testimony
